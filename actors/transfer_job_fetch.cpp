#include <algorithm>

#include "actors/transfer_job.hpp"

/// The part of a transfer job that walks the manifest and keeps sources busy.
namespace sluice::actors {

using model::job_event;
using model::job_state;
using model::source_verdict;

namespace {

constexpr std::size_t pages_in_flight_max = 3;
constexpr auto in_use_delay = std::chrono::seconds(1);
constexpr auto progress_interval = std::chrono::milliseconds(500);

}  // namespace

void transfer_job_state::plan_missing() {
  storage::missing_request request;
  request.content = setup_.notification.content;
  request.all = setup_.notification.action == model::notification_action::redistribute;
  cursor_ = {};
  at_end_ = false;
  bytes_present_ = 0;
  self_->request(setup_.librarian, caf::infinite, list_missing{request})
      .then(
          [this](const storage::missing_page& found) {
            // Fetching lists this page again: the plan only asks whether there is anything to do.
            apply(found.files.empty() && found.end ? job_event::nothing_missing
                                                   : job_event::files_missing);
          },
          [this](caf::error& failure) { on_trouble(from_caf(failure)); });
}

/// Admission: the bytes still to come must fit, and leave the reserve. Mostly there is room for the
/// whole package; else what is missing is measured, and the trash makes room for that.
void transfer_job_state::check_space() {
  self_->request(setup_.librarian, caf::infinite, count_library{})
      .then(
          [this](const storage::content_library::totals& totals) {
            const std::uint64_t size = model::raw(setup_.notification.package_size);
            const std::uint64_t at_most = size - std::min(size, bytes_shown_) + space_reserve;
            if (totals.bytes_free >= at_most) { return pump(); }
            measure_missing();
          },
          [this](caf::error&) { pump(); });
}

void transfer_job_state::measure_missing() {
  const bool all = setup_.notification.action == model::notification_action::redistribute;
  self_
      ->request(setup_.librarian, caf::infinite,
                actors::measure_missing{setup_.notification.content, all})
      .then([this](std::uint64_t bytes) { make_room(bytes + space_reserve); },
            [this](caf::error&) { pump(); });
}

void transfer_job_state::make_room(std::uint64_t bytes) {
  self_->request(setup_.librarian, caf::infinite, count_library{bytes})
      .then(
          [this, bytes](const storage::content_library::totals& totals) {
            if (totals.bytes_free >= bytes) { return pump(); }
            space_wanted_ = bytes;
            reason_ = format("needs {} bytes of space, {} are free and no trash is left to empty",
                             bytes, totals.bytes_free);
            apply(job_event::no_space);
          },
          [this](caf::error&) { pump(); });
}

void transfer_job_state::pump() {
  if (situation_.state != job_state::downloading || !has_turn_ || listing_ || pausing_) { return; }
  const bool large_under_way = std::any_of(pages_.begin(), pages_.end(),
                                           [](const auto& entry) { return entry.second.large; });
  if (large_under_way || pages_.size() >= pages_in_flight_max) { return; }
  if (exhausted_) {
    if (pages_.empty()) { sources_exhausted(); }
    return;
  }
  if (!retries_.empty()) {
    const stretch where = retries_.back();
    retries_.pop_back();
    return list(where);
  }
  if (!at_end_) { return list({cursor_, std::nullopt, std::nullopt}); }
  if (pages_.empty()) { apply(job_event::last_piece_verified); }
}

void transfer_job_state::list(const stretch& where) {
  storage::missing_request request;
  request.content = setup_.notification.content;
  request.from = where.from;
  request.until = where.until;
  request.all = setup_.notification.action == model::notification_action::redistribute;
  listing_ = true;
  self_->request(setup_.librarian, caf::infinite, list_missing{request})
      .then(
          [this, where](const storage::missing_page& found) {
            listing_ = false;
            on_listing(where, found);
          },
          [this, where](caf::error& failure) {
            listing_ = false;
            retries_.push_back(where);
            on_trouble(from_caf(failure));
          });
}

void transfer_job_state::on_listing(const stretch& where, const storage::missing_page& found) {
  if (!where.until) {
    cursor_ = found.next;
    at_end_ = found.end;
    bytes_present_ += found.bytes_present;
  }
  if (situation_.state != job_state::downloading) {
    retries_.push_back({where.from, found.next, where.avoid, where.was_asked});
    if (situation_.state == job_state::cancel_requested) { stop_fetching(); }
    return;
  }
  if (!found.files.empty()) {
    if (pausing_) {
      retries_.push_back({where.from, found.next, where.avoid, where.was_asked});
    } else {
      dispatch(where, found);
    }
  }
  pump();
}

void transfer_job_state::dispatch(const stretch& where, const storage::missing_page& found) {
  fetched_since_commit_ = true;
  const stretch mine{where.from, found.next, where.avoid, true};
  const auto source = choose(where.avoid);
  if (!source) {
    exhausted_ = true;
    retries_.push_back({where.from, found.next, where.avoid, where.was_asked});
    return;
  }
  current_source_ = setup_.notification.sources[*source].name;
  if (records_[*source].left == patience::spent) { records_[*source].left = patience::used; }
  page entry{mine, *source, false, self_->clock().now(), {}};
  entry.large = std::any_of(found.files.begin(), found.files.end(), [](const auto& file) {
    return model::raw(file.size) > limits::piece_size;
  });
  const auto others =
      model::choose_helpers(ranking_, *source, setup_.parts.pulling.sources_per_file - 1, 0);
  entry.files = static_cast<std::uint32_t>(found.files.size());
  entry.sources = 1 + static_cast<std::uint32_t>(others.size());
  fetch_page asked{setup_.notification.job,
                   ++last_page_,
                   setup_.notification.content,
                   found.files,
                   setup_.notification.action == model::notification_action::redistribute,
                   !where.was_asked,
                   is_in_haste(*source),
                   entry.sources};
  ask_page(std::move(entry), std::move(asked));
}

void transfer_job_state::ask_page(page entry, fetch_page asked) {
  const std::uint64_t number = asked.page;
  const content_source_actor source = setup_.sources[entry.source];
  entry.progress.page = number;
  pages_.emplace(number, std::move(entry));
  progress_listener listener = transfer_job_actor{self_};
  self_->request(source, caf::infinite, std::move(asked), listener)
      .then([this, number](const page_outcome& outcome) { on_page(number, outcome); },
            [this, number](caf::error& failure) {
              page_outcome outcome;
              outcome.progress = pages_.at(number).progress;
              // Not "cancelled", which says that this job stopped the page.
              outcome.failure = source_failure{source_verdict::bad,
                                               {errc::peer_closed, 0, describe(from_caf(failure))},
                                               "",
                                               "stopped answering"};
              on_page(number, outcome);
            });
}

void transfer_job_state::on_page(std::uint64_t number, const page_outcome& outcome) {
  const page ended = pages_.at(number);
  pages_.erase(number);
  settled_.bytes_held += outcome.progress.bytes_held;
  settled_.bytes_transferred += outcome.progress.bytes_transferred;
  settled_.pieces_verified += outcome.progress.pieces_verified;
  update_rate();
  if (ended.helps != 0) {
    on_help(ended, outcome);
  } else if (!outcome.failure && !outcome.trouble && !outcome.in_use) {
    praise(ended.source);
    learn_speed(ended, outcome.progress.bytes_transferred);
    if (outcome.slow) { step_back(ended.source); }
    troubles_ = 0;
  } else {
    on_page_failure(ended, outcome);
  }
  if (situation_.state == job_state::cancel_requested) { return stop_fetching(); }
  pump();
}

void transfer_job_state::on_page_failure(const page& ended, const page_outcome& outcome) {
  stretch again = ended.where;
  if (outcome.failure && outcome.failure->cause.code != errc::cancelled) {
    const bool once_more =
        !outcome.failure->in_haste && is_asked_again(ended.source, *outcome.failure);
    if (!once_more) { again.avoid = ended.source; }
    // A few wrong bytes cost those bytes, elsewhere if there is an elsewhere; the source keeps its
    // place.
    const bool few_bad_pieces = outcome.failure->cause.code == errc::corrupt;
    if (outcome.failure->in_haste) {
      pass_over(ended.source, *outcome.failure);
    } else if (few_bad_pieces) {
      records_[ended.source].words = outcome.failure->what;
    } else if (!once_more) {
      mark(ended.source, *outcome.failure);
    }
  }
  // Complete all the same, when others finished what its own source could not.
  if (outcome.files_done < ended.files) { retries_.push_back(again); }
  if (outcome.trouble) { on_trouble(*outcome.trouble); }
  if (outcome.in_use) { pause(in_use_delay); }  // the other writer's outcome decides
}

/// Ends what is under way. C2: when the last piece has won the race, the job is complete all the
/// same.
void transfer_job_state::stop_fetching() {
  return_turn();
  if (listing_) { return; }
  if (!pages_.empty()) {
    for (const auto& source : setup_.sources) {
      caf::anon_send(source, stop_pages{setup_.notification.job});
    }
    return;
  }
  if (situation_.state != job_state::cancel_requested) { return; }
  const bool complete = at_end_ && retries_.empty() && cursor_.offset > 0;
  apply(complete ? job_event::last_piece_verified : job_event::cancel_done);
}

void transfer_job_state::on_progress(const page_progress& progress) {
  const auto found = pages_.find(progress.page);
  if (found == pages_.end()) { return; }
  const bool shares = progress.files_shared > found->second.progress.files_shared;
  found->second.progress = progress;
  if (shares) { ask_helpers(progress.page); }
  update_rate();
}

page_progress transfer_job_state::totals_now() const {
  page_progress totals = settled_;
  for (const auto& [number, entry] : pages_) {
    totals.bytes_held += entry.progress.bytes_held;
    totals.bytes_transferred += entry.progress.bytes_transferred;
    totals.pieces_verified += entry.progress.pieces_verified;
  }
  return totals;
}

std::uint64_t transfer_job_state::bytes_done_now() const {
  return std::min(bytes_present_ + totals_now().bytes_held,
                  model::raw(setup_.notification.package_size));
}

/// Percent never falls (B19); the rate is that of the last second or so.
void transfer_job_state::update_rate() {
  bytes_shown_ = std::max(bytes_shown_, bytes_done_now());
  const auto now = self_->clock().now();
  const auto passed = now - rate_time_;
  if (passed < progress_interval) { return; }
  const std::uint64_t moved = totals_now().bytes_transferred;
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(passed).count();
  rate_ = (moved - std::min(moved, rate_bytes_)) * 1'000'000 / static_cast<std::uint64_t>(micros);
  rate_bytes_ = moved;
  rate_time_ = now;
  if (situation_.state == job_state::downloading) {
    carry_out(model::job_command::report_in_progress);
  }
}

}  // namespace sluice::actors
