// How one cycle runs: lists, contents, what is said of them.
#include <algorithm>
#include <set>

#include "actors/content_validation.hpp"
#include "actors/io_bridge.hpp"
#include "actors/reports.hpp"

namespace sluice::actors {

namespace {

constexpr auto rate_interval = std::chrono::milliseconds(500);
constexpr auto say_again_delay = std::chrono::seconds(5);
constexpr auto repair_again_delay = std::chrono::seconds(5);
constexpr std::uint32_t repairs_max = 4;                       // of one content, the first included
constexpr std::size_t findings_bytes_max = 256 * limits::kib;  // a row has to fit into a frame
static_assert(2 * findings_bytes_max < limits::rpc_frame_bytes_max);

/// Findings of what is there and wrong.
std::uint64_t damaged_in(const storage::validation_report& report) {
  return report.done.findings - report.missing - report.repaired;
}

bool has_all_damaged(const storage::validation_report& report) {
  const auto held = std::ranges::count_if(report.findings, [](const auto& each) {
    return !storage::is_missing(each.kind) && !each.repaired;
  });
  return static_cast<std::uint64_t>(held) == damaged_in(report);
}

/// True while content moved within the last moments, on the reactor's clock.
std::function<bool()> busy_of(const node_parts& parts) {
  if (!parts.activity) { return {}; }
  return [activity = parts.activity, ring = parts.ring, seen = parts.activity(),
          changed = std::optional<std::chrono::nanoseconds>()]() mutable {
    const std::uint64_t now = activity();
    if (now != seen) { changed = ring->now(); }
    seen = now;
    return changed && ring->now() - *changed < limits::validation_busy_window;
  };
}

/// A newer version of its package is wanted.
bool is_superseded(const model::content_id& content,
                   const std::map<model::content_id, model::digest>& desired) {
  const auto newer = desired.upper_bound(content);
  return newer != desired.end() && newer->first.package == content.package;
}

}  // namespace

/// A newer version of its package is here.
bool content_validation_state::is_followed(const model::content_id& content) const {
  const auto newest =
      setup_.parts.catalogue->newest(content.package, storage::library_user::distribution_point);
  return newest && newest->content.version > content.version;
}

bool content_validation_state::holds(const model::content_id& content) const {
  const auto entry = setup_.parts.catalogue->find(content);
  return entry && entry->is_for(storage::library_user::distribution_point);
}

/// The union of what should be here and what is (J6), without what was removed while the cycle
/// waited. Returns in what they differ.
std::vector<std::string> content_validation_state::choose_contents() {
  cycle& now = *running_;
  std::erase_if(now.desired, [&](const auto& wanted) {
    return now.held.contains(wanted.first) && !holds(wanted.first);
  });
  std::set<model::package_id> packages;
  std::set<model::content_id> contents;
  for (const auto& [content, hash] : now.desired) {
    packages.insert(content.package);
    contents.insert(content);
  }
  std::set<model::content_id> present;
  std::vector<std::string> items;
  for (const storage::catalogue_entry& entry : setup_.parts.catalogue->all()) {
    if (!entry.is_for(storage::library_user::distribution_point)) { continue; }
    if (!now.all && !packages.contains(entry.content.package)) { continue; }
    if (is_superseded(entry.content, now.desired)) { continue; }  // it goes when its time is over
    present.insert(entry.content);
    contents.insert(entry.content);
    const auto wanted = now.desired.find(entry.content);
    if (wanted == now.desired.end()) {
      items.push_back(format("{} is here and should not be", entry.content.text()));
    } else if (wanted->second != entry.manifest_hash) {
      items.push_back(format("{} is here with another manifest", entry.content.text()));
    }
  }
  for (const auto& [content, hash] : now.desired) {
    if (!present.contains(content)) {
      items.push_back(format("{} should be here and is not", content.text()));
    }
  }
  for (const model::content_id& content : contents) {
    const auto entry = setup_.parts.catalogue->find(content);
    now.contents.push_back({content, entry ? model::raw(entry->bytes) : 0, holds(content)});
    now.bytes_ahead += now.contents.back().bytes;
  }
  now.row.contents = static_cast<std::uint32_t>(now.contents.size());
  return items;
}

void content_validation_state::on_lists(std::uint64_t number,
                                        const result<std::vector<std::string>>& items) {
  if (number != number_ || !running_) { return; }
  std::vector<std::string> differing =
      items ? *items : std::vector<std::string>{describe(items.error())};
  const std::vector<std::string> chosen = choose_contents();
  differing.insert(differing.end(), chosen.begin(), chosen.end());
  running_->row.mismatched = static_cast<std::uint32_t>(differing.size());
  const validation_place place = place_of(*running_);
  std::vector<site_message> said;
  if (!differing.empty()) { said.push_back(words_of_mismatch(place, differing)); }
  said.push_back({2381, {place.distribution_point, format("{}", running_->contents.size())}});
  rate_time_ = self_->clock().now();
  rate_bytes_ = 0;
  running_->row.bytes_total = model::byte_count{running_->bytes_ahead};
  say(*running_, std::move(said), [this, number] {
    if (number == number_) { next_content(); }
  });
}

storage::validation_hooks content_validation_state::make_hooks(std::uint64_t number) {
  auto [ticket, stop] = io::make_ticket(*setup_.parts.ring);
  ticket_ = std::move(ticket);
  storage::validation_hooks hooks;
  hooks.stop = std::move(stop);
  hooks.busy = busy_of(setup_.parts);
  hooks.progress = [me = content_validation_actor{self_},
                    number](const storage::validation_progress& done) {
    caf::anon_send(me, validation_moved{number, done});
  };
  return hooks;
}

void content_validation_state::next_content() {
  cycle& now = *running_;
  current_ = {};
  for (; now.next < now.contents.size(); ++now.next, ++now.row.contents_done) {
    const chosen_content& next = now.contents[now.next];
    now.bytes_ahead -= next.bytes;
    // What was removed meanwhile, or is only waiting for its end, is nobody's concern.
    if (!next.held || (holds(next.content) && !is_followed(next.content))) { break; }
  }
  if (now.next == now.contents.size()) { return finish(); }
  round_.reset();
  validate_next();
}

void content_validation_state::validate_next() {
  cycle& now = *running_;
  const model::content_id content = now.contents[now.next].content;
  storage::validation_request request;
  request.content = content;
  request.priority = now.priority;
  request.repair_layers = true;
  const auto wanted = now.desired.find(content);
  if (wanted != now.desired.end()) { request.manifest_hash = wanted->second; }
  const std::uint64_t number = ++number_;
  run_on_reactor<result<storage::validation_report>>(
      setup_.parts, content_validation_actor{self_}, number,
      [library = setup_.parts.library, request, hooks = make_hooks(number)] {
        return storage::validate_content(*library, request, hooks);
      });
}

void content_validation_state::on_validated(std::uint64_t number,
                                            const result<storage::validation_report>& report) {
  if (number != number_ || !running_) { return; }
  const model::content_id content = running_->contents[running_->next].content;
  if (!report) {  // removed meanwhile: there is nothing to say of it
    log::info("content_validation", describe(report.error()));
    return content_done();
  }
  if (round_) { return on_round(*report); }
  report_ = *report;
  current_ = report_.done;
  if (report_.valid()) {
    ++running_->row.passed;
    return say(*running_, words_of_success(place_of(*running_), content, report_), [this, number] {
      if (number == number_) { content_done(); }
    });
  }
  round_ = report_;
  repairs_ = 0;
  begin_repair();
}

/// What did not fit into the last report comes up once what did is out of service.
void content_validation_state::on_round(const storage::validation_report& report) {
  const std::uint64_t before = damaged_in(*round_);
  const std::uint64_t damaged = damaged_in(report);
  if (damaged == 0 && !report.stopped) { return fail_content(std::nullopt); }
  if (damaged >= before && !has_all_damaged(report)) {
    return fail_content(
        error{errc::limit_reached, 0, format("take {} damaged files out of service", damaged)});
  }
  round_ = report;
  repairs_ = 0;
  begin_repair();
}

/// Takes what `round_` tells out of service.
void content_validation_state::begin_repair() {
  ++repairs_;
  const auto take = [this, number = number_] {
    if (number != number_ || !running_) { return; }
    const model::content_id content = running_->contents[running_->next].content;
    run_on_reactor<storage::content_repair>(setup_.parts, content_validation_actor{self_}, number,
                                            [library = setup_.parts.library, content,
                                             findings = round_->findings, how = setup_.repair] {
                                              return storage::take_for_repair(*library, content,
                                                                              findings, how);
                                            });
  };
  const auto files = storage::files_to_stage(round_->findings);
  if (files.empty() || setup_.repair != storage::repair_way::refetch) { return take(); }
  // What is recorded of an earlier attempt would be believed of the damaged file. Of one that is
  // missing the records stay: a job may be fetching it.
  for (std::size_t i = 0; i + 1 < files.size(); ++i) {
    caf::anon_send(setup_.journal, forget_pieces{files[i]});
  }
  self_->request(setup_.journal, caf::infinite, forget_pieces{files.back()})
      .then([take](done) { take(); },
            [this, number = number_](caf::error& failure) {
              if (number == number_) { repair_failed(from_caf(failure)); }
            });
}

void content_validation_state::on_repaired(std::uint64_t number,
                                           const storage::content_repair& repair) {
  if (!repair.right.empty()) { caf::anon_send(setup_.journal, record_pieces{repair.right}); }
  if (number != number_ || !running_) { return; }
  if (repair.failed) { return repair_failed(*repair.failed); }
  if (has_all_damaged(*round_)) { return fail_content(std::nullopt); }
  validate_next();
}

/// A damaged file that stays where it is would be taken for a right one: not at the first trouble.
void content_validation_state::repair_failed(error why) {
  if (repairs_ >= repairs_max) { return fail_content(std::move(why)); }
  repair_again_ = self_->clock().now() + repair_again_delay;
  self_->delayed_send(content_validation_actor{self_}, repair_again_delay, validation_again{});
}

void content_validation_state::repair_if_due() {
  if (!repair_again_ || self_->clock().now() < *repair_again_) { return; }
  repair_again_.reset();
  if (running_) { begin_repair(); }
}

void content_validation_state::fail_content(const std::optional<error>& failed) {
  ++running_->row.failed;
  const model::content_id content = running_->contents[running_->next].content;
  say(*running_, words_of_failure(place_of(*running_), content, report_, failed),
      [this, number = number_] {
        if (number == number_) { content_done(); }
      });
}

void content_validation_state::content_done() {
  cycle& now = *running_;
  ++now.next;
  ++now.row.contents_done;
  now.bytes_settled += current_.bytes_total;
  now.files_settled += current_.files_total;
  next_content();
}

void content_validation_state::finish() {
  const model::validation_row& row = running_->row;
  const validation_place place = place_of(*running_);
  say(*running_,
      {{2386,
        {place.distribution_point, place.cycle, format("{}", row.passed), format("{}", row.failed),
         format("{}", row.mismatched)}}},
      [this, number = ++number_] {
        if (number != number_) { return; }
        cycle over = std::move(*running_);
        running_.reset();
        end_cycle(std::move(over), model::validation_state::complete, "");
        pump();
      });
}

void content_validation_state::on_moved(const validation_moved& news) {
  if (news.number != number_ || !running_) { return; }
  current_ = news.done;
  count_bytes();
}

/// A content that was not looked at yet counts with the size it should have.
void content_validation_state::count_bytes() {
  cycle& now = *running_;
  const bool looking = current_.files_total > 0 || now.next == now.contents.size();
  const std::uint64_t under_way = looking ? current_.bytes_total : now.contents[now.next].bytes;
  const std::uint64_t total = now.bytes_settled + under_way + now.bytes_ahead;
  const std::uint64_t done = now.bytes_settled + current_.bytes;
  now.row.files = now.files_settled + current_.files;
  now.row.bytes_total = model::byte_count{total};
  now.row.bytes_done = model::byte_count{done};
  const auto passed = self_->clock().now() - rate_time_;
  if (passed < rate_interval) { return; }
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(passed).count();
  const std::uint64_t rate =
      (done - std::min(done, rate_bytes_)) * 1'000'000 / static_cast<std::uint64_t>(micros);
  rate_bytes_ = done;
  rate_time_ = self_->clock().now();
  now.row.bytes_per_second = rate;
  now.row.remaining.reset();
  if (rate > 0) { now.row.remaining = std::chrono::seconds((total - done + rate - 1) / rate); }
}

/// To whoever ordered the cycle, or into the outbox; then `after`.
void content_validation_state::say(cycle& of, std::vector<site_message> said, then after) {
  std::vector<storage::outbox_row> rows;
  for (site_message& message : said) {
    storage::outbox_row row = status_row(setup_.parts, message.id, message.insertions);
    const model::catalogue_row* const known = model::find_in_catalogue(message.id);
    const bool finding = known != nullptr && known->severity != model::severity::info;
    if (finding && of.row.findings.size() < limits::validation_findings_told_max) {
      std::string sentence = model::sentence_of(*row.status);
      of.findings_bytes += sentence.size();
      if (of.findings_bytes <= findings_bytes_max) { of.row.findings.push_back(sentence); }
    }
    rows.push_back(std::move(row));
    if (of.listener) { caf::anon_send(of.listener, std::move(message)); }
  }
  if (of.listener) { return after(); }
  unsaid_.push_back({std::move(rows), std::move(after)});
  flush();
}

/// Nothing goes on before the outbox has taken what was said.
void content_validation_state::flush() {
  if (saying_ || unsaid_.empty()) { return; }
  saying_ = true;
  self_->request(setup_.journal, caf::infinite, append_reports{unsaid_.front().rows})
      .then(
          [this](done) {
            saying_ = false;
            const then after = std::move(unsaid_.front().after);
            unsaid_.pop_front();
            after();
            flush();
          },
          [this](caf::error&) {  // the journal has said why
            saying_ = false;
            self_->delayed_send(content_validation_actor{self_}, say_again_delay,
                                validation_again{});
          });
}

}  // namespace sluice::actors
