#include <algorithm>

#include "actors/transfer_job.hpp"

/// The part of a transfer job that chooses among its sources, and remembers what became of it.
namespace sluice::actors {

using model::job_state;
using model::source_verdict;

namespace {

constexpr auto second_try_pause = std::chrono::seconds(1);

/// The network's fault, as far as one can tell: it may be over after a while.
bool is_cut_off(const error& cause) {
  return cause.code == errc::unreachable || cause.code == errc::timed_out ||
         cause.code == errc::peer_closed;
}

}  // namespace

void transfer_job_state::learn_speed(const page& ended, std::uint64_t bytes) {
  if (!setup_.parts.pulling.prefer_fast_sources) { return; }
  setup_.parts.speeds->add(ranking_[ended.source].name, bytes, self_->clock().now() - ended.begun);
}

/// A source that was cut off some minutes ago is asked again, in its place (Z8).
void transfer_job_state::fail_back() {
  for (std::size_t i = 0; i < records_.size(); ++i) {
    auto& again_at = records_[i].again_at;
    if (!again_at || self_->clock().now() < *again_at) { continue; }
    again_at.reset();
    if (ranking_[i].verdict == source_verdict::bad) {
      ranking_[i].verdict = source_verdict::untried;
    }
  }
}

/// Another could be asked in its place, and its silence did not cost it that before.
bool transfer_job_state::is_in_haste(std::size_t source) const {
  return !records_[source].was_silent && !model::choose_helpers(ranking_, source, 1, 0).empty();
}

/// Another of its priority goes before it from now on, unless that fails; nothing else is held
/// against it.
void transfer_job_state::step_back(std::size_t source) {
  if (ranking_[source].verdict == source_verdict::has_it) {
    ranking_[source].verdict = source_verdict::untried;
  }
}

/// It was silent while others can be asked: not in such haste next time.
void transfer_job_state::pass_over(std::size_t source, const source_failure& failure) {
  records_[source].was_silent = true;
  records_[source].words = failure.what;
  step_back(source);
}

/// It gave what it was asked for.
void transfer_job_state::praise(std::size_t source) {
  records_[source].left = patience::left;
  judge(source, source_verdict::has_it, "has it");
}

/// Other sources of its priority bring parts of the large file that is open in this page (Z8).
void transfer_job_state::ask_helpers(std::uint64_t number) {
  if (situation_.state != job_state::downloading) { return; }
  const page helped = pages_.at(number);
  const auto others = model::choose_helpers(ranking_, helped.source, helped.sources - 1, random_());
  for (const std::size_t other : others) {
    page entry{helped.where, other, true, self_->clock().now(), {}};
    entry.helps = number;
    records_[other].words = "brings part of a large file";
    fetch_page asked{setup_.notification.job, ++last_page_, setup_.notification.content};
    asked.helps = number;
    ask_page(std::move(entry), std::move(asked));
  }
}

/// What one that helped brought is its page's; what it could not bring was left to the others.
void transfer_job_state::on_help(const page& ended, const page_outcome& outcome) {
  if (!outcome.failure) {
    if (outcome.progress.pieces_verified > 0) { praise(ended.source); }
    learn_speed(ended, outcome.progress.bytes_transferred);
    if (outcome.slow) { step_back(ended.source); }
    return;
  }
  if (outcome.failure->cause.code == errc::cancelled) { return; }
  records_[ended.source].words = outcome.failure->what;
  if (outcome.failure->cause.code == errc::corrupt) { return; }
  const bool once_more = model::second_try_for(outcome.failure->row) != model::second_try::none &&
                         records_[ended.source].left == patience::left;
  if (once_more) {
    records_[ended.source].left = patience::spent;
  } else {
    mark(ended.source, *outcome.failure);
  }
}

/// A usable source, not `avoid` if there is another.
std::optional<std::size_t> transfer_job_state::choose(std::optional<std::size_t> avoid) {
  fail_back();
  if (setup_.parts.pulling.prefer_fast_sources) {
    for (auto& one : ranking_) {
      one.speed = setup_.parts.speeds->of(one.name, self_->clock().now());
    }
  }
  if (avoid) {
    auto others = ranking_;
    others[*avoid].verdict = source_verdict::bad;
    const auto other = model::choose_source(others, random_());
    // Who was only silent for a moment goes before those of a lower priority all the same (D6).
    const bool equal = other && ranking_[*other].priority == ranking_[*avoid].priority;
    if (other && (equal || !records_[*avoid].was_silent)) { return other; }
  }
  return model::choose_source(ranking_, random_());
}

/// X5, X30, X31: once more. What fails of the same before that costs nothing more.
bool transfer_job_state::is_asked_again(std::size_t source, const source_failure& failure) {
  const auto how = model::second_try_for(failure.row);
  if (how == model::second_try::none || records_[source].left == patience::used) { return false; }
  if (failure.rest.count() > 0) { return false; }  // not before its time
  records_[source].words = failure.what + "; it is asked once more";
  if (records_[source].left == patience::spent) { return true; }
  records_[source].left = patience::spent;
  if (how == model::second_try::after_a_pause) { pause(second_try_pause); }
  return true;
}

void transfer_job_state::judge(std::size_t source, source_verdict verdict, std::string words) {
  if (gone_.contains(source)) { return; }
  ranking_[source].verdict = verdict;
  records_[source].words = std::move(words);
}

void transfer_job_state::mark(std::size_t source, const source_failure& failure) {
  judge(source, failure.verdict, failure.what);
  auto& again_at = records_[source].again_at;
  again_at.reset();
  if (is_cut_off(failure.cause)) { again_at = self_->clock().now() + limits::source_fail_back; }
  if (setup_.parts.pulling.prefer_fast_sources && failure.verdict != source_verdict::lacks) {
    setup_.parts.speeds->add_failure(ranking_[source].name, self_->clock().now());
  }
  if (failure.rest.count() > 0) {
    auto& over = failure.verdict == source_verdict::quarantined ? quarantine_over_ : rests_until_;
    const auto until = self_->clock().now() + failure.rest;
    over = std::min(over.value_or(until), until);
  }
  log::info("transfer_job", format("{}: source {}: {}", setup_.notification.content.text(),
                                   ranking_[source].name, failure.what));
}

/// Each source keeps its number, as pages under way name it; what is under way at one that is no
/// source any more ends.
void transfer_job_state::on_told_again(const told_again& mail) {
  constexpr std::size_t known_max = std::size_t{8} * limits::sources_per_notification_max;
  auto& known = setup_.notification.sources;
  std::set<std::size_t> told;
  bool changed = false;
  for (std::size_t i = 0; i < mail.sources.size(); ++i) {
    const model::source_entry& source = mail.sources[i];
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& one) {
      return one.name == source.name && one.address == source.address;
    });
    const auto at = static_cast<std::size_t>(found - known.begin());
    if (found == known.end()) {
      if (known.size() >= known_max) {
        log::warning(
            "transfer_job",
            format("{}: source {} is left out: this job has known {} already, which is the most "
                   "of one job",
                   setup_.notification.content.text(), source.name, known_max));
        continue;
      }
      known.push_back(source);
      setup_.sources.push_back(mail.actors[i]);
      ranking_.push_back({source.name, source.priority, source_verdict::untried});
      records_.emplace_back();
      changed = true;
    } else if (gone_.erase(at) > 0 || *found != source) {
      *found = source;
      ranking_[at].priority = source.priority;
      changed = true;
    }
    told.insert(at);
  }
  for (std::size_t at = 0; at < known.size(); ++at) {
    if (told.contains(at) || !gone_.insert(at).second) { continue; }
    ranking_[at].verdict = source_verdict::quarantined;
    caf::anon_send(setup_.sources[at], stop_pages{setup_.notification.job});
    changed = true;
  }
  if (changed) { record_sources(); }
  for (const auto& source : setup_.sources) { caf::anon_send(source, source_back{}); }
  on_source_gained();
}

void transfer_job_state::record_sources() {
  replace_sources mail;
  mail.told.job = setup_.notification.job;
  for (std::size_t at = 0; at < ranking_.size(); ++at) {
    if (gone_.contains(at)) { continue; }
    mail.told.sources.push_back(setup_.notification.sources[at]);
  }
  caf::anon_send(setup_.journal, std::move(mail));
}

/// D10: a source that answers again ends the wait early.
void transfer_job_state::probe_sources() {
  for (std::size_t i = 0; i < setup_.sources.size(); ++i) {
    if (ranking_[i].verdict == source_verdict::quarantined) { continue; }
    self_->request(setup_.sources[i], caf::infinite, probe_content{setup_.notification.content})
        .then(
            [this, wait = wait_](bool has_it) {
              const bool waiting = situation_.state == job_state::waiting_for_source;
              if (has_it && waiting && wait == wait_) { on_source_gained(); }
            },
            [](caf::error&) {});
  }
}

}  // namespace sluice::actors
