#include "actors/distribution_point.hpp"

#include <algorithm>

namespace sluice::actors {

namespace {

constexpr const char* newer_text = "a newer order for the package";

/// No address: those have a colon.
std::string push_key(const model::job_id& job) { return "push " + job.text(); }

bool is_former(const model::content_id& content, const model::content_id& newer) {
  return content.package == newer.package && content.version < newer.version;
}

}  // namespace

void distribution_point_state::begin(self_pointer self, distribution_point_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  self->set_down_handler([this](caf::down_msg& mail) { on_down(mail); });
  for (const storage::job_record& job : setup_.jobs) { open(job); }
  setup_.jobs.clear();
}

distribution_point_state::~distribution_point_state() {
  for (const auto& [id, job] : jobs_) {
    caf::anon_send_exit(job.actor, caf::exit_reason::user_shutdown);
  }
  for (const auto& [address, source] : sources_) {
    caf::anon_send_exit(source, caf::exit_reason::user_shutdown);
  }
}

content_source_actor distribution_point_state::source_of(const model::source_entry& entry,
                                                         const model::job_id& job) {
  const std::string key = entry.protocol == model::push_protocol ? push_key(job) : entry.address;
  const auto found = sources_.find(key);
  if (found != sources_.end()) { return found->second; }
  content_source_actor made = setup_.make_source(entry);
  sources_.emplace(key, made);
  return made;
}

std::vector<content_source_actor> distribution_point_state::sources_of(
    const model::notification& given) {
  std::vector<content_source_actor> actors;
  actors.reserve(given.sources.size());
  for (const model::source_entry& entry : given.sources) {
    actors.push_back(source_of(entry, given.job));
  }
  return actors;
}

void distribution_point_state::open(const storage::job_record& row) {
  const model::notification& given = row.notification;
  transfer_job_setup setup;
  setup.parts = setup_.parts;
  setup.notification = given;
  setup.journal = setup_.journal;
  setup.librarian = setup_.librarian;
  setup.sources = sources_of(given);
  setup.owner = distribution_point_actor{self_};
  setup.seed = setup_.parts.random();
  setup.before = row.situation;
  setup.reason_before = row.reason;
  const transfer_job_actor job = self_->spawn<caf::monitored>(transfer_job, std::move(setup));
  jobs_.emplace(given.job, open_job{given.content, job, job.address()});
  caf::anon_send(job, start_job{});
  if (is_being_removed(given.content)) {
    caf::anon_send(job, cancel_job{setup_.site_known ? removal_text : leaving_text});
  }
  if (has_newer(given.content)) { caf::anon_send(job, cancel_job{newer_text}); }
  log::info("distribution_point",
            format("job {} for {} begins", given.job.text().substr(0, 8), given.content.text()));
}

caf::result<rpc::notify_answer> distribution_point_state::on_notification(
    const model::notification& given) {
  const auto correct = model::check_notification(given);
  if (!correct) { return to_caf(correct.error()); }
  if (!setup_.site_known) {
    return to_caf(error{errc::limit_reached, 0,
                        format("take {}: {} has not yet registered with its site; it will be told "
                               "again right after",
                               given.content.text(), setup_.parts.name)});
  }
  const auto known = jobs_.find(given.job);
  if (known != jobs_.end()) {
    caf::anon_send(known->second.actor, told_again{given.sources, sources_of(given)});
    return rpc::notify_answer::known;
  }
  if (pending_.contains(given.job) || dead_.contains(given.job)) {  // nobody to take its sources
    return to_caf(error{errc::limit_reached, 0,
                        format("take {}: its job is just being begun on {}; tell it again right "
                               "after",
                               given.content.text(), setup_.parts.name)});
  }
  if (is_another_here(given)) {
    return to_caf(
        error{errc::conflict, 0,
              format("take {0}: another content of this name is here, which a former site "
                     "sent; to have it go: sluice validate {1} --dp {2}",
                     given.content.text(), given.content.package.text(), setup_.parts.name)});
  }
  if (!has_room_for(given.content)) { return rpc::notify_answer::at_capacity; }
  if (is_being_removed(given.content)) {
    return to_caf(error{errc::limit_reached, 0,
                        format("take {}: it is being removed from {}; tell it again right after",
                               given.content.text(), setup_.parts.name)});
  }
  if (is_being_discarded(given.content)) {
    return to_caf(error{errc::limit_reached, 0,
                        format("take {}: what was fetched of it is just being thrown away on {}; "
                               "tell it again right after",
                               given.content.text(), setup_.parts.name)});
  }
  auto promise = self_->make_response_promise<rpc::notify_answer>();
  storage::job_record row;
  row.notification = given;
  pending_.emplace(given.job, given.content);
  self_->request(setup_.journal, caf::infinite, add_job{row})
      .then(
          [this, given, row, promise](bool added) mutable {
            pending_.erase(given.job);
            if (added) {
              stop_former(given.content);
              open(row);
            }
            if (!added) { settle_removals(given.job); }
            promise.deliver(added ? rpc::notify_answer::accepted : rpc::notify_answer::known);
          },
          [this, given, promise](caf::error& failure) mutable {
            pending_.erase(given.job);
            settle_removals(given.job);
            promise.deliver(std::move(failure));
          });
  return promise;
}

/// Nobody wants a version any more of which a newer one comes, nor an order for the same content
/// that another one replaces; what is verified stays for that one.
void distribution_point_state::stop_former(const model::content_id& newer) {
  for (const auto& [id, job] : jobs_) {
    const bool replaced = is_former(job.content, newer) || job.content == newer;
    if (replaced && !job.settled) { caf::anon_send(job.actor, cancel_job{newer_text}); }
  }
}

/// Or is getting one: then nobody wants this version any more.
bool distribution_point_state::has_newer(const model::content_id& content) const {
  const auto held =
      setup_.parts.catalogue->newest(content.package, storage::library_user::distribution_point);
  return (held && is_former(content, held->content)) ||
         std::any_of(jobs_.begin(), jobs_.end(),
                     [&](const auto& entry) { return is_former(content, entry.second.content); });
}

/// B4. A job that waits for a source or for space keeps nobody from its work.
/// Nor does one of a former version of it, which ends for it.
bool distribution_point_state::has_room_for(const model::content_id& content) const {
  std::size_t waiting = 0;
  std::size_t former = 0;
  for (const auto& [id, job] : jobs_) {
    const bool ends = is_former(job.content, content);
    waiting += job.waits && !ends ? 1 : 0;
    former += ends ? 1 : 0;
  }
  const std::size_t active = jobs_.size() + pending_.size() - waiting - former;
  return active < limits::jobs_per_distribution_point_max && waiting < limits::jobs_waiting_max;
}

caf::result<rpc::poll_answer> distribution_point_state::on_poll(model::job_id job) {
  const auto found = jobs_.find(job);
  if (found == jobs_.end()) { return rpc::poll_answer{}; }
  auto promise = self_->make_response_promise<rpc::poll_answer>();
  self_->request(found->second.actor, caf::infinite, job_question{})
      .then(
          [promise](job_answer& answer) mutable {
            promise.deliver(rpc::poll_answer{true, std::move(answer.last)});
          },
          [promise](caf::error&) mutable { promise.deliver(rpc::poll_answer{}); });
  return promise;
}

caf::result<model::node_report> distribution_point_state::on_node_question() {
  auto promise = self_->make_response_promise<model::node_report>();
  auto report = std::make_shared<model::node_report>();
  report->name = setup_.parts.name;
  report->node = setup_.node;
  report->version = setup_.version;
  report->site_address = setup_.site_address;
  // Whoever answers last completes the report.
  const std::size_t asked = std::min(jobs_.size(), std::size_t{limits::list_page_rows});
  auto left = std::make_shared<std::size_t>(asked + 1);
  const std::function<void()> one_less = [promise, report, left] {
    if (--*left != 0) { return; }
    auto last = promise;
    last.deliver(std::move(*report));
  };
  std::size_t number = 0;
  for (const auto& [id, job] : jobs_) {
    if (number++ == asked) { break; }
    self_->request(job.actor, caf::infinite, job_question{})
        .then(
            [report, one_less](job_answer& answer) {
              report->jobs.push_back(std::move(answer.row));
              one_less();
            },
            [one_less](caf::error&) { one_less(); });
  }
  one_less();
  return promise;
}

caf::result<model::why_report> distribution_point_state::on_why(model::package_id package) {
  for (const auto& [id, job] : jobs_) {
    if (job.content.package != package) { continue; }
    auto promise = self_->make_response_promise<model::why_report>();
    self_->request(job.actor, caf::infinite, job_question{})
        .then([promise](job_answer& answer) mutable { promise.deliver(std::move(answer.why)); },
              [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
    return promise;
  }
  model::why_report report;
  const auto held =
      setup_.parts.catalogue->newest(package, storage::library_user::distribution_point);
  report.subject = format("{} on {}", package.text(), setup_.parts.name);
  if (!held) {
    return to_caf(error{errc::not_found, 0,
                        format("explain {}: this node neither holds it nor has a job for it; ask "
                               "the site: sluice why {} --dp {}",
                               package.text(), package.text(), setup_.parts.name)});
  }
  report.doing = format("holds {}, complete", held->content.text());
  report.next = "nothing; it is served";
  return report;
}

void distribution_point_state::on_turn_wanted(model::job_id job) {
  if (!jobs_.contains(job) || moving_.contains(job)) { return; }
  waiting_for_turn_.push_back(job);
  grant_turns();
}

void distribution_point_state::on_turn_returned(model::job_id job) {
  moving_.erase(job);
  grant_turns();
}

void distribution_point_state::grant_turns() {
  while (moving_.size() < limits::jobs_moving_max && !waiting_for_turn_.empty()) {
    const model::job_id next = waiting_for_turn_.front();
    waiting_for_turn_.pop_front();
    const auto found = jobs_.find(next);
    if (found == jobs_.end()) { continue; }
    moving_.insert(next);
    caf::anon_send(found->second.actor, turn_granted{});
  }
}

void distribution_point_state::on_job_settled(model::job_id job) {
  const auto found = jobs_.find(job);
  if (found != jobs_.end()) {
    found->second.settled = true;
    discard_former(found->second.content);
  }
  settle_removals(job);
}

void distribution_point_state::forget_push(const model::job_id& job) {
  const auto push = sources_.find(push_key(job));
  if (push == sources_.end()) { return; }
  caf::anon_send_exit(push->second, caf::exit_reason::user_shutdown);
  sources_.erase(push);
}

/// The ticket is good until the job is over, or another one is asked for.
caf::result<std::string> distribution_point_state::on_push_question(const push_question& asked) {
  const auto job = jobs_.find(asked.job);
  const auto push = sources_.find(push_key(asked.job));
  if (job == jobs_.end() || push == sources_.end() || job->second.settled) {
    return to_caf(error{errc::not_found, 0,
                        format("take a push for job {}: it is not open on {}, or not to be pushed",
                               asked.job.text(), setup_.parts.name)});
  }
  const auto& random = setup_.parts.random;
  std::string ticket = format("{:016x}{:016x}", random(), random());
  auto promise = self_->make_response_promise<std::string>();
  self_->request(push->second, caf::infinite, open_door{ticket, asked.patience, job->second.actor})
      .then([promise, ticket](done) mutable { promise.deliver(std::move(ticket)); },
            [promise](caf::error& failure) mutable { promise.deliver(std::move(failure)); });
  return promise;
}

void distribution_point_state::on_job_over(model::job_id job) {
  jobs_.erase(job);
  forget_push(job);
  settle_removals(job);
  on_turn_returned(job);
}

void distribution_point_state::on_job_waits(const job_waits& mail) {
  const auto found = jobs_.find(mail.job);
  if (found != jobs_.end()) { found->second.waits = mail.waits; }
}

/// A job that ended without saying so (Q1): its slot is free again at once, and after a while it
/// begins anew from its row.
void distribution_point_state::on_down(const caf::down_msg& mail) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
    return entry.second.address == mail.source;
  });
  if (found == jobs_.end()) { return; }
  log::error("distribution_point",
             format("job {} for {} ended unexpectedly: {}", found->first.text().substr(0, 8),
                    found->second.content.text(), caf::to_string(mail.reason)));
  const model::job_id job = found->first;
  if (is_being_removed(found->second.content)) {
    caf::anon_send(setup_.journal, forget_job{job});
  } else {
    dead_.emplace(job, found->second.content);
    self_->delayed_send(distribution_point_actor{self_}, limits::actor_restart_delay, job_due{job});
  }
  on_job_over(job);
}

void distribution_point_state::on_job_due(model::job_id job) {
  self_->request(setup_.journal, caf::infinite, recall_job{job})
      .then(
          [this, job](const recalled_job& row) {
            if (dead_.erase(job) > 0 && row.job) { open(*row.job); }
          },
          [this, job](caf::error& failure) {
            log::error("distribution_point", describe(from_caf(failure)));
            self_->delayed_send(distribution_point_actor{self_}, limits::actor_restart_delay,
                                job_due{job});
          });
}

distribution_point_actor::behavior_type distribution_point(
    distribution_point_state::self_pointer self, distribution_point_setup setup) {
  auto& state = self->state;
  state.begin(self, std::move(setup));
  return {
      [&state](const model::notification& given) { return state.on_notification(given); },
      [&state](const poll_job& asked) { return state.on_poll(asked.job); },
      [&state](const push_question& asked) { return state.on_push_question(asked); },
      [&state](const cancel_order& asked) { return state.on_cancel(asked); },
      [&state](node_question) { return state.on_node_question(); },
      [&state](const why_question& asked) { return state.on_why(asked.package); },
      [&state](const drop_content& asked) { return state.on_drop(asked); },
      [&state](leave_site) { return state.on_leave_site(); },
      [](health_question) { return done{}; },
      [&state](const turn_wanted& mail) { state.on_turn_wanted(mail.job); },
      [&state](const turn_returned& mail) { state.on_turn_returned(mail.job); },
      [&state](const job_settled& mail) { state.on_job_settled(mail.job); },
      [&state](const job_over& mail) { state.on_job_over(mail.job); },
      [&state](job_waits mail) { state.on_job_waits(mail); },
      [&state](job_due mail) { state.on_job_due(mail.job); },
      [&state](site_registered) { state.on_site_registered(); },
  };
}

}  // namespace sluice::actors
