#include <algorithm>

#include "actors/site.hpp"
#include "actors/site_rules.hpp"

/// Content validations: ordered at distribution points, and how far they are there.
namespace sluice::actors {

// Who waits for a heartbeat is answered before it is given up here.
static_assert(limits::outbound_patience < limits::validation_ask_patience);

namespace {

using model::validation_state;

/// What a distribution point should hold, in messages of bounded length.
std::vector<rpc::validation_order> orders_of(const validation_cycle& cycle,
                                             const validation_target& target) {
  std::vector<rpc::validation_order> orders;
  std::size_t at = 0;
  do {
    rpc::validation_order& order = orders.emplace_back();
    order.cycle = cycle.id;
    order.priority = cycle.request.priority;
    order.all = !cycle.request.package;
    order.part = static_cast<std::uint32_t>(orders.size() - 1);
    const std::size_t end =
        std::min<std::size_t>(at + limits::list_page_rows, target.desired.size());
    order.desired.assign(target.desired.begin() + static_cast<std::ptrdiff_t>(at),
                         target.desired.begin() + static_cast<std::ptrdiff_t>(end));
    order.last = end == target.desired.size();
    at = end;
  } while (at < target.desired.size());
  return orders;
}

validation_rows rows_of(const validation_cycle& cycle, const rpc::page_request& page) {
  validation_rows made;
  for (const auto& [name, target] : cycle.targets) {
    const std::uint32_t index = made.total++;
    if (index >= page.offset && made.rows.size() < page.rows) { made.rows.push_back(target.row); }
  }
  return made;
}

constexpr std::size_t told_text_max = 4096;  // a finding, or why
constexpr std::chrono::seconds remaining_max = std::chrono::hours(24 * 365);

void cut(std::string& text) {
  if (text.size() <= told_text_max) { return; }
  std::size_t end = told_text_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80) { --end; }
  text.resize(end);
  text.shrink_to_fit();
}

/// What a node says of itself, no larger than what this program would say.
model::validation_row bounded(model::validation_row row) {
  if (row.findings.size() > limits::validation_findings_told_max) {
    row.findings.resize(limits::validation_findings_told_max);
    row.findings.shrink_to_fit();
  }
  for (std::string& finding : row.findings) { cut(finding); }
  cut(row.reason);
  if (row.remaining) {
    row.remaining = std::clamp(*row.remaining, std::chrono::seconds(0), remaining_max);
  }
  return row;
}

bool has_ended(const model::validation_row& row) {
  return row.state == validation_state::complete || row.state == validation_state::aborted;
}

}  // namespace

caf::result<rpc::validation_begun> site_state::on_begin_validations(
    const begin_validations& asked) {
  validation_cycle made;
  made.request = asked.request;
  made.id = model::cycle_id::make(setup_.parts.node.random);
  made.answer.cycle = made.id;
  const auto found = find_targets(asked.request, made);
  if (!found) { return to_caf(found.error()); }
  auto promise = self_->make_response_promise<rpc::validation_begun>();
  made.promise = promise;
  if (cycles_in_order_.size() >= limits::validation_cycles_kept_max) {
    cycles_.erase(cycles_in_order_.front());
    cycles_in_order_.pop_front();
  }
  cycles_in_order_.push_back(made.id);
  const model::cycle_id id = made.id;
  std::vector<std::string> names;
  for (const auto& [name, target] : made.targets) { names.push_back(name); }
  cycles_.emplace(id, std::move(made));
  self_->delayed_send(site_actor{self_}, limits::validation_ask_patience, validation_overdue{id});
  for (const std::string& name : names) { order_validation(cycles_.at(id), name); }
  return promise;
}

void site_state::order_validation(const validation_cycle& cycle, const std::string& name) {
  const validation_target& target = cycle.targets.at(name);
  auto orders = orders_of(cycle, target);
  if (target.address.empty()) {
    const site_message_listener me = site_actor{self_};
    for (std::size_t i = 0; i + 1 < orders.size(); ++i) {
      caf::anon_send(setup_.parts.validation, begin_validation{orders[i], me});
    }
    self_->request(setup_.parts.validation, caf::infinite, begin_validation{orders.back(), me})
        .then(
            [this, id = cycle.id, name](done) {
              on_validation_taken({id, name, {}});
            },
            [this, id = cycle.id, name](caf::error& failure) {
              on_validation_taken({id, name, from_caf(failure)});
            });
    return;
  }
  const site_actor me{self_};
  const auto taken = setup_.parts.clients->with_control(
      target.address,
      [me, id = cycle.id, name, orders = std::move(orders)](rpc::control_service& node) {
        validation_taken mail{id, name, {}};
        for (const rpc::validation_order& order : orders) {
          const auto answer = node.validate({}, order);
          if (answer) { continue; }
          mail.failure = answer.error();
          break;
        }
        caf::anon_send(me, std::move(mail));
      });
  if (!taken) { caf::anon_send(me, validation_taken{cycle.id, name, taken.error()}); }
}

void site_state::on_validation_taken(const validation_taken& mail) {
  const auto found = cycles_.find(mail.cycle);
  if (found == cycles_.end()) { return; }
  validation_cycle& cycle = found->second;
  validation_target& target = cycle.targets.at(mail.name);
  target.answered = true;
  target.began = !mail.failure;
  if (target.began) {
    cycle.answer.began.push_back(mail.name);
    const auto marked = begin_monitoring(mail.name, target);
    if (!marked) { log::error("site", describe(marked.error())); }
  } else {
    cycle.answer.unreachable.push_back(mail.name);
    cycle.answer.warnings.push_back(format("{}: {}", mail.name, describe(*mail.failure)));
    target.row.state = validation_state::aborted;
    target.row.reason = describe(*mail.failure);
    target.over = true;
  }
  target.desired = {};
  target.judged.clear();
  answer_begun(cycle);
}

void site_state::answer_begun(validation_cycle& cycle) {
  const bool all_answered =
      std::ranges::all_of(cycle.targets, [](const auto& entry) { return entry.second.answered; });
  if (!cycle.promise || !all_answered) { return; }
  std::ranges::sort(cycle.answer.began);
  cycle.promise->deliver(cycle.answer);
  cycle.promise.reset();
}

/// What answers later still begins: it is asked, and comes up in the rows.
void site_state::on_validation_overdue(const validation_overdue& mail) {
  const auto found = cycles_.find(mail.cycle);
  if (found == cycles_.end() || !found->second.promise) { return; }
  rpc::validation_begun answer = found->second.answer;
  for (const auto& [name, target] : found->second.targets) {
    if (target.answered) { continue; }
    answer.unreachable.push_back(name);
    answer.warnings.push_back(format("{}: has not answered within {} s; it is still being asked",
                                     name, limits::validation_ask_patience.count()));
  }
  found->second.promise->deliver(std::move(answer));
  found->second.promise.reset();
}

caf::result<validation_rows> site_state::on_show_validation(const show_validation& asked) {
  const auto found = cycles_.find(asked.cycle);
  if (found == cycles_.end()) {
    return to_caf(error{errc::not_found, 0,
                        format("show validation cycle {}: the site knows no such cycle since its "
                               "start; what was found is in sluice messages",
                               asked.cycle.text())});
  }
  validation_cycle& cycle = found->second;
  for (const auto& [name, target] : cycle.targets) { refresh_validation(cycle, name); }
  const auto own = cycle.targets.find(setup_.parts.own_distribution_point);
  if (own == cycle.targets.end() || own->second.over || !own->second.began) {
    return rows_of(cycle, asked.page);
  }
  auto promise = self_->make_response_promise<validation_rows>();
  auto answer = [this, asked, promise](result<model::validation_row> row) mutable {
    on_validation_heard({asked.cycle, setup_.parts.own_distribution_point, std::move(row)});
    const auto known = cycles_.find(asked.cycle);
    promise.deliver(known == cycles_.end() ? validation_rows{}
                                           : rows_of(known->second, asked.page));
  };
  self_->request(setup_.parts.validation, caf::infinite, validation_question{asked.cycle})
      .then([answer](model::validation_row& row) mutable { answer(std::move(row)); },
            [answer](caf::error& failure) mutable { answer(from_caf(failure)); });
  return promise;
}

/// One question at a time; the answer is for the next who wants to know.
void site_state::refresh_validation(validation_cycle& cycle, const std::string& name) {
  validation_target& target = cycle.targets.at(name);
  if (target.address.empty() || target.over || target.asking || !target.began) { return; }
  const site_actor me{self_};
  const auto taken = setup_.parts.clients->with_control(
      target.address, [me, id = cycle.id, name](rpc::control_service& node) {
        caf::anon_send(me, validation_heard{id, name, node.validation_progress({}, id)});
      });
  target.asking = taken.ok();
}

void site_state::refresh_validations_of(const std::string& name) {
  for (auto& [id, cycle] : cycles_) {
    if (cycle.targets.contains(name)) { refresh_validation(cycle, name); }
  }
}

void site_state::on_validation_heard(const validation_heard& mail) {
  const auto found = cycles_.find(mail.cycle);
  if (found == cycles_.end()) { return; }
  validation_target& target = found->second.targets.at(mail.name);
  target.asking = false;
  if (target.over) { return; }
  if (mail.row) {
    // An older answer than its word that all is over does not count any more.
    if (target.said_over && !has_ended(*mail.row)) { return; }
    target.row = bounded(*mail.row);
    target.row.distribution_point = mail.name;
    target.over = has_ended(target.row);
  } else if (target.said_over) {  // it said so itself: what is missing are the details
    target.row.state = validation_state::complete;
    target.row.reason.clear();
    target.row.bytes_per_second = 0;
    target.row.remaining.reset();
    target.over = true;
  } else if (mail.row.error().code == errc::not_found) {
    abort_validation(found->second, target, "the node knows nothing of it: it was started anew");
  } else {
    target.row.reason = "cannot be asked: " + describe(mail.row.error());
  }
}

void site_state::abort_validation(const validation_cycle& cycle, validation_target& target,
                                  const std::string& reason) {
  const std::string name = target.row.distribution_point;
  target.row.state = validation_state::aborted;
  target.row.reason = reason;
  target.over = true;
  add_message(20009, {name, cycle.id.text(), reason,
                      format("{} of {} contents", target.row.contents_done, target.row.contents)});
  end_monitoring(name);
}

}  // namespace sluice::actors
