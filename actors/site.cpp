#include "actors/site.hpp"

#include <algorithm>

#include "actors/site_rules.hpp"
#include "actors/site_targets.hpp"
#include "actors/site_words.hpp"

namespace sluice::actors {

site_state::~site_state() {
  for (const auto& [name, proxy] : proxies_) {
    caf::anon_send_exit(proxy, caf::exit_reason::user_shutdown);
  }
}

void site_state::begin(self_pointer self, site_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  self->set_down_handler([this](const caf::down_msg& mail) { on_down(mail); });
  warn_of_many_pushes(setup_.parts.policy.distribution);
  begun_ = take_up();
}

/// From the database on: whatever a site was in the midst of when it ended.
result<void> site_state::take_up() {
  storage::site_database& database = *setup_.database;
  if (!setup_.parts.own_distribution_point.empty()) {
    auto own = take_up_own_point();
    if (!own) { return own; }
  }
  auto settled = database.end_monitoring(std::nullopt);  // their cycles ended with the site
  if (!settled) { return settled; }
  auto dropped = drop_left_overs();
  if (!dropped) { return dropped; }
  auto points = database.all_distribution_points();
  if (!points) { return points.error(); }
  for (const auto& point : *points) { spawn_proxy(point.row.name); }
  auto open = database.open_distributions();
  if (!open) { return open.error(); }
  deliver_all(*open);
  sweep_former_versions();
  return reconcile_groups();
}

/// Those that are under way first: they have their slots already.
void site_state::deliver_all(const std::vector<storage::site_distribution>& open) {
  const auto runs = [](const storage::site_distribution& row) {
    return job_is_open(row) && !row.removing && !model::is_waiting(row.node_state);
  };
  for (const bool running : {true, false}) {
    for (const auto& row : open) {
      if (runs(row) != running) { continue; }
      const auto found = proxies_.find(row.row.distribution_point);
      if (found == proxies_.end()) { continue; }
      caf::anon_send(found->second, deliver{row.row.package, running});
    }
  }
}

result<void> site_state::take_up_own_point() {
  storage::site_database& database = *setup_.database;
  const site_parts& parts = setup_.parts;
  model::distribution_point_row own;
  own.name = parts.own_distribution_point;
  own.mode = model::distribution_point_mode::standard;
  own.own = true;
  auto put = database.put_distribution_point(own);
  if (!put) { return put; }
  put =
      database.put_registration(own.name, {}, {}, parts.own_content_address, "", parts.node.now());
  if (!put) { return put; }
  std::vector<model::content_id> held;
  for (const storage::catalogue_entry& entry : parts.node.catalogue->all()) {
    if (entry.is_for(storage::library_user::distribution_point)) { held.push_back(entry.content); }
  }
  return database.replace_available(own.name, held);
}

/// A proxy that ended by itself, of an error nobody foresaw, is begun again after a while.
void site_state::on_down(const caf::down_msg& mail) {
  const auto ended = std::find_if(proxies_.begin(), proxies_.end(), [&](const auto& entry) {
    return entry.second.address() == mail.source;
  });
  if (ended == proxies_.end()) { return; }
  log::error("site", format("what the site does for distribution point {} ended ({}); it begins "
                            "again in {} s",
                            ended->first, caf::to_string(mail.reason),
                            limits::actor_restart_delay.count()));
  self_->delayed_send(site_actor{self_}, limits::actor_restart_delay, proxy_due{ended->first});
  proxies_.erase(ended);
}

void site_state::on_proxy_due(const std::string& name) {
  auto point = setup_.database->distribution_point(name);
  if (!point) { log::error("site", describe(point.error())); }
  if (!point || !*point) { return; }
  spawn_proxy(name);
  auto open = setup_.database->open_distributions();
  if (!open) { return log::error("site", describe(open.error())); }
  std::erase_if(*open, [&](const auto& row) { return row.row.distribution_point != name; });
  deliver_all(*open);
}

void site_state::spawn_proxy(const std::string& name) {
  if (proxies_.contains(name)) { return; }
  const auto made = setup_.make_proxy({setup_.parts, site_actor{self_}, name});
  self_->monitor(made);
  proxies_.emplace(name, made);
}

void site_state::deliver_to(const std::string& name, const model::package_id& package) {
  const auto found = proxies_.find(name);
  if (found != proxies_.end()) { caf::anon_send(found->second, deliver{package}); }
}

void site_state::broadcast_back(const std::string& name) {
  for (const auto& [other, proxy] : proxies_) { caf::anon_send(proxy, node_back{name}); }
}

void site_state::add_message(std::uint32_t id, std::vector<std::string> insertions) {
  model::message_row row;
  row.site = setup_.parts.code.text();
  row.system = row.message.system = setup_.parts.node.name;
  row.message.time = setup_.parts.node.now();
  row.message.id = id;
  row.message.insertions = std::move(insertions);
  const auto added = setup_.database->add_message(row);
  if (!added) { log::error("site", describe(added.error())); }
}

void site_state::on_message(const site_message& mail) {
  add_message(mail.id, mail.insertions);
  model::status_message said;
  said.id = mail.id;
  said.insertions = mail.insertions;
  const std::string& own = setup_.parts.own_distribution_point;
  validation_news news;
  const auto kept =
      setup_.database->transaction([&] { return keep_validation_message(own, said, news); });
  if (!kept) { return log::error("site", describe(kept.error())); }
  note_validation_message(own, said);
  tell(own, news);
}

void site_state::on_policy(const change_policy& mail) {
  warn_of_many_pushes(mail.policy.distribution);
  say(words_of(setup_.parts.policy, mail.policy));
  const bool other_sources = mail.policy.distribution.source_protocols !=
                             setup_.parts.policy.distribution.source_protocols;
  setup_.parts.policy = mail.policy;
  for (const auto& [name, proxy] : proxies_) {
    caf::anon_send(proxy, slots_changed{mail.policy.distribution.active_jobs});
  }
  const auto& settings = mail.policy.distribution;
  caf::anon_send(setup_.parts.pushes,
                 push_slots_changed{settings.push_packages, settings.push_threads});
  if (!other_sources) { return; }
  const auto open = setup_.database->open_distributions();
  if (!open) { return log::error("site", describe(open.error())); }
  for (const auto& row : *open) { deliver_to(row.row.distribution_point, row.row.package); }
}

result<distribution_facts> site_state::facts(const facts_question& asked) {
  storage::site_database& database = *setup_.database;
  distribution_facts facts;
  auto row = database.distribution(asked.package, asked.name);
  if (!row) { return row.error(); }
  auto point = database.distribution_point(asked.name);
  if (!point) { return point.error(); }
  if (!*row || !*point) { return facts; }
  const storage::site_distribution& target = **row;
  facts.wanted = true;
  facts.removing = target.removing;
  facts.settings = setup_.parts.policy.distribution;
  facts.tries_left = target.row.tries_left;
  facts.polls = target.polls;
  facts.node_state = target.node_state;
  facts.control_address = control_target((*point)->row);
  facts.target.content = {asked.package, target.row.version};
  facts.target.distribution_point = asked.name;
  facts.target.own = (*point)->row.own;
  facts.target.maintenance = (*point)->row.maintenance;
  facts.target.prestaged = (*point)->row.prestaged;
  if (target.removing) { return facts; }
  auto package = database.package(asked.package);
  if (!package) { return package.error(); }
  if (!*package || !target.row.job) { return distribution_facts{}; }
  const bool is_former = target.row.version != (*package)->row.version;
  facts.target.has_it = is_installed(target) || target.cancelled ||
                        target.row.job_state == model::site_job_state::failed ||
                        target.row.job_state == model::site_job_state::cancelled || is_former;
  facts.reason = target.row.reason;
  facts.held = target.cancelled;
  facts.cancelling = target.cancel_asked;
  facts.discarding = target.discard && is_over(target);
  facts.suspended = target.row.job_state == model::site_job_state::suspended;
  facts.cancelled_by = target.held_by;
  facts.former_job = target.former_job;
  facts.target.job_open = job_is_open(target);
  model::notification& given = facts.notification;
  given.job = *target.row.job;
  given.content = facts.target.content;
  given.action = target.redistribute ? model::notification_action::redistribute
                                     : model::notification_action::add;
  given.priority = (*package)->row.priority;
  given.package_size = (*package)->row.bytes;
  given.anonymous_access = setup_.parts.policy.anonymous_access;
  given.hash = (*package)->row.manifest_hash;
  given.manifest_size = (*package)->manifest_size;
  const bool waits_for_prestage = target.node_state == model::job_state::waiting_prestage;
  given.prestaged = facts.target.prestaged && (!facts.target.job_open || waits_for_prestage);
  if (push_instead(facts, (*point)->row, target, setup_.parts.node.name)) { return facts; }
  for (const model::source_choice& choice : (*point)->row.sources) {
    auto source = database.distribution_point(choice.name);
    if (!source) { return source.error(); }
    if (!*source) { continue; }
    auto available = database.is_available(facts.target.content, choice.name);
    if (!available) { return available.error(); }
    const model::source_entry entry{choice.name, (*source)->row.node.value_or(model::node_id{}),
                                    (*source)->row.content_address, offered_protocol,
                                    choice.priority};
    const bool usable = !entry.address.empty() && !(*source)->row.maintenance &&
                        is_allowed(entry.protocol, facts.settings.source_protocols);
    if (usable) { given.sources.push_back(entry); }
    facts.target.sources.push_back(entry);
    facts.target.source_has_it.push_back(*available && usable);
  }
  return facts;
}

void site_state::on_news(const tracking_news& news) {
  auto found = setup_.database->distribution(news.package, news.name);
  if (!found || !*found) { return; }
  storage::site_distribution row = **found;
  if (news.job && (row.removing || news.job != row.row.job)) { return; }  // of an earlier job
  if (news.discarded || news.former_over) {
    row.discard = row.discard && !news.discarded;
    row.former_job.reset();
    const auto put = setup_.database->put_distribution(row);
    if (!put) { log::error("site", describe(put.error())); }
    return;
  }
  const bool ends = news.cancelled || news.cancel_over;
  if (is_installed(row) || (!row.removing && is_over(row) && !ends)) { return; }  // reports lead
  const bool starts = news.job_state == model::site_job_state::started;
  if (starts && has_begun(row)) { return; }
  if (starts && was_refused(row) && !move(row, model::package_state::install_pending)) { return; }
  if (news.job_state && !move(row, *news.job_state)) { return; }
  if (news.state && !move(row, *news.state)) { return; }
  const bool suspends = news.job_state == model::site_job_state::suspended;
  if (suspends && was_refused(row)) { move(row, model::package_state::install_pending); }
  if (starts) { row.former_job.reset(); }
  if (news.pushed) { row.pushed = *news.pushed; }
  if (news.reason) { row.row.reason = *news.reason; }
  if (news.tries_left) { row.row.tries_left = *news.tries_left; }
  if (news.polls) { row.polls = *news.polls; }
  if (news.polled && !apply_poll(row, *news.polled, setup_.parts.node.now())) { return; }
  if (news.next_try) {
    row.row.next_try.reset();
    if (*news.next_try != model::calendar_time{}) { row.row.next_try = *news.next_try; }
  }
  row.cancelled = row.cancelled || news.cancelled;
  if (news.cancelled || news.cancel_over) { row.cancel_asked = false; }
  if (news.cancel_over) { row.held_by.clear(); }
  row.discard = row.discard && !news.cancel_over;
  if (!news.polls) {  // that it was asked is no news of it
    row.heard = true;
    row.row.changed = setup_.parts.node.now();
  }
  derive(row);
  const auto follows = news.polled ? catch_up(row) : result<bool>(false);
  if (!follows) { log::error("site", describe(follows.error())); }
  const auto put = setup_.database->put_distribution(row);
  if (!put) { log::error("site", describe(put.error())); }
  if (put && follows && *follows) { deliver_to(news.name, news.package); }
  const bool installed_here = news.state == model::package_state::installed;
  if (!put || !installed_here) { return; }
  const model::content_id content{news.package, row.row.version};
  const auto available = setup_.database->put_available(content, news.name, true);
  if (!available) { log::error("site", describe(available.error())); }
  add_message(2330, {news.package.text(), format("{}", row.row.version), news.name});
  for (const auto& [name, proxy] : proxies_) {
    caf::anon_send(proxy, content_gained{content, news.name});
  }
}

void site_state::on_removal_done(const removal_done& mail) {
  auto found = setup_.database->distribution(mail.package, mail.name);
  if (!found || !*found || !(*found)->removing) { return; }
  const auto kept = setup_.database->transaction([&]() -> result<void> {
    auto forgotten = setup_.database->forget_distribution(mail.package, mail.name);
    if (!forgotten) { return forgotten; }
    forgotten = setup_.database->forget_available(mail.package, mail.name);
    return forgotten ? forget_if_left(*setup_.database, mail.name) : forgotten;
  });
  if (!kept) { return log::error("site", describe(kept.error())); }
  end_left_proxy(mail.name);
}

site_actor::behavior_type site(site_state::self_pointer self, site_setup setup) {
  auto& state = self->state;
  state.begin(self, std::move(setup));
  return {
      [&state](const add_package& asked) { return state.on_add_package(asked); },
      [&state](const update_package& asked) { return state.on_update_package(asked); },
      [&state](superseded_tick) { state.sweep_former_versions(); },
      [&state](const remove_package& asked) { return state.on_remove_package(asked); },
      [&state](const change_distribution_point& asked) { return to_caf(state.on_change(asked)); },
      [&state](const remove_distribution_point& asked) {
        return to_caf(state.on_remove_point(asked));
      },
      [&state](const distribute_package& asked) { return to_caf(state.on_distribute(asked)); },
      [&state](const cancel_package& asked) { return to_caf(state.on_cancel(asked)); },
      [&state](const change_group& asked) { return to_caf(state.on_group(asked)); },
      [&state](const set_package& asked) { return to_caf(state.on_set_package(asked)); },
      [&state](const begin_validations& asked) { return state.on_begin_validations(asked); },
      [&state](const show_validation& asked) { return state.on_show_validation(asked); },
      [&state](const validation_taken& mail) { state.on_validation_taken(mail); },
      [&state](const validation_heard& mail) { state.on_validation_heard(mail); },
      [&state](const validation_overdue& mail) { state.on_validation_overdue(mail); },
      [&state](const facts_question& asked) { return to_caf(state.facts(asked)); },
      [&state](const tracking_news& news) { state.on_news(news); },
      [&state](const removal_done& mail) { state.on_removal_done(mail); },
      [&state](const site_message& mail) { state.on_message(mail); },
      [&state](const proxy_due& mail) { state.on_proxy_due(mail.name); },
      [&state](health_question) { return to_caf(state.health()); },
      [&state](const change_policy& mail) { state.on_policy(mail); },
      [&state](const rpc::registration& given) { return to_caf(state.on_registration(given)); },
      [&state](const rpc::heartbeat_request& given) { return to_caf(state.on_heartbeat(given)); },
      [&state](const usage_measured& mail) { state.on_usage(mail); },
      [&state](const rpc::report_batch& batch) { return to_caf(state.on_reports(batch)); },
  };
}

}  // namespace sluice::actors
