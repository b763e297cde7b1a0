#include "actors/content_validation.hpp"

#include <algorithm>

#include "actors/io_bridge.hpp"
#include "actors/reports.hpp"

namespace sluice::actors {

using model::validation_state;

void content_validation_state::begin(self_pointer self, content_validation_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
}

validation_place content_validation_state::place_of(const cycle& of) const {
  return {setup_.parts.name, of.id.text()};
}

bool content_validation_state::knows(const model::cycle_id& id) const {
  const auto same = [&](const cycle& one) { return one.id == id; };
  return (running_ && running_->id == id) || std::ranges::any_of(waiting_, same) ||
         std::ranges::any_of(ended_, [&](const auto& one) { return one.first == id; });
}

/// The cycle that this part belongs to. One whose other parts never come makes way for another.
result<content_validation_state::cycle*> content_validation_state::assembling(
    const begin_validation& asked) {
  const rpc::validation_order& order = asked.order;
  const auto found = std::ranges::find(assembling_, order.cycle, &cycle::id);
  if (found != assembling_.end()) { return &*found; }
  if (order.part != 0) {
    return error{
        errc::invalid, 0,
        format("begin validation cycle {}: its first part is missing", order.cycle.text())};
  }
  if (assembling_.size() >= limits::validation_cycles_waiting_max) { assembling_.pop_front(); }
  cycle& made = assembling_.emplace_back();
  made.id = order.cycle;
  made.priority = order.priority;
  made.all = order.all;
  made.listener = asked.listener;
  made.row.distribution_point = setup_.parts.name;
  return &made;
}

result<void> content_validation_state::on_begin(const begin_validation& asked) {
  const rpc::validation_order& order = asked.order;
  if (knows(order.cycle)) { return {}; }
  if (waiting_.size() >= limits::validation_cycles_waiting_max) {
    return error{errc::limit_reached, 0,
                 format("begin validation cycle {}: {} others wait already; try again when they "
                        "are over",
                        order.cycle.text(), waiting_.size())};
  }
  const auto found = assembling(asked);
  if (!found) { return found.error(); }
  cycle& into = **found;
  if (order.part < into.next_part) { return {}; }  // repeated
  if (order.part > into.next_part) {
    return error{errc::invalid, 0,
                 format("begin validation cycle {}: part {} is missing", order.cycle.text(),
                        into.next_part)};
  }
  ++into.next_part;
  for (const rpc::desired_content& one : order.desired) {
    into.desired.emplace(one.content, one.manifest_hash);
    if (holds(one.content)) { into.held.insert(one.content); }
  }
  const bool too_long = into.desired.size() > limits::validation_contents_max;
  if (order.last && !too_long) { waiting_.push_back(std::move(into)); }
  if (order.last || too_long) {
    std::erase_if(assembling_, [&](const cycle& one) { return one.id == order.cycle; });
  }
  if (too_long) {
    return error{errc::limit_reached, 0,
                 format("validate more than {} contents at once", limits::validation_contents_max)};
  }
  pump();
  return {};
}

void content_validation_state::pump() {
  if (running_ || waiting_.empty()) { return; }
  running_ = std::move(waiting_.front());
  waiting_.pop_front();
  running_->row.state = validation_state::running;
  log::info("content_validation", format("cycle {} begins", running_->id.text()));
  const validation_place place = place_of(*running_);
  const std::uint64_t number = ++number_;
  say(*running_, {{2380, {place.distribution_point, place.cycle}}}, [this, number] {
    if (number != number_) { return; }
    run_on_reactor<result<std::vector<std::string>>>(
        setup_.parts, content_validation_actor{self_}, number,
        [library = setup_.parts.library] { return storage::compare_lists(*library); });
  });
}

void content_validation_state::end_cycle(cycle over, validation_state how,
                                         const std::string& reason) {
  over.row.state = how;
  over.row.reason = reason;
  over.row.bytes_per_second = 0;
  over.row.remaining.reset();
  log::info("content_validation",
            format("cycle {}: {}, {} passed, {} failed, {} mismatched", over.id.text(),
                   model::name_of(how), over.row.passed, over.row.failed, over.row.mismatched));
  ended_.emplace_back(over.id, std::move(over.row));
  if (ended_.size() > limits::validation_cycles_kept_max) { ended_.pop_front(); }
}

caf::result<done> content_validation_state::on_abort(const std::string& reason) {
  ++number_;  // whatever is under way is of no interest any more
  repair_again_.reset();
  ticket_ = {};
  std::deque<cycle> open = std::move(waiting_);
  waiting_.clear();
  assembling_.clear();
  if (running_) { open.push_front(std::move(*running_)); }
  running_.reset();
  auto promise = self_->make_response_promise<done>();
  auto left = std::make_shared<std::size_t>(open.size() + 1);
  const then one_less = [promise, left] {
    if (--*left != 0) { return; }
    auto last = promise;
    last.deliver(done{});
  };
  for (cycle& one : open) {
    const validation_place place = place_of(one);
    say(one,
        {{20009,
          {place.distribution_point, place.cycle, reason,
           format("{} of {} contents", one.row.contents_done, one.row.contents)}}},
        one_less);
    end_cycle(std::move(one), validation_state::aborted, reason);
  }
  one_less();
  return promise;
}

result<model::validation_row> content_validation_state::on_question(model::cycle_id id) {
  if (running_ && running_->id == id) {
    count_bytes();
    return running_->row;
  }
  const auto waiting = std::ranges::find(waiting_, id, &cycle::id);
  if (waiting != waiting_.end()) { return waiting->row; }
  const auto ended = std::ranges::find(ended_, id, &decltype(ended_)::value_type::first);
  if (ended != ended_.end()) { return ended->second; }
  return error{
      errc::not_found, 0,
      format("show validation cycle {}: {} knows nothing of it", id.text(), setup_.parts.name)};
}

content_validation_actor::behavior_type content_validation(
    content_validation_state::self_pointer self, content_validation_setup setup) {
  auto& state = self->state;
  state.begin(self, std::move(setup));
  return {
      [&state](const begin_validation& asked) { return to_caf(state.on_begin(asked)); },
      [&state](const validation_question& asked) { return to_caf(state.on_question(asked.cycle)); },
      [&state](const abort_validations& asked) { return state.on_abort(asked.reason); },
      [](health_question) { return done{}; },
      [&state](const validation_moved& news) { state.on_moved(news); },
      [&state](validation_again) {
        state.flush();
        state.repair_if_due();
      },
      [&state](const operation_done<result<std::vector<std::string>>>& ended) {
        state.on_lists(ended.number, ended.outcome);
      },
      [&state](const operation_done<result<storage::validation_report>>& ended) {
        state.on_validated(ended.number, ended.outcome);
      },
      [&state](const operation_done<storage::content_repair>& ended) {
        state.on_repaired(ended.number, ended.outcome);
      },
  };
}

}  // namespace sluice::actors
