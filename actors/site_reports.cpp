#include <algorithm>

#include "actors/site.hpp"
#include "actors/site_words.hpp"

/// What nodes say of themselves and of their jobs.
namespace sluice::actors {

namespace {

/// D11. One window of each kind; those that only a later release knows are left out. A number that
/// cannot be kept is no fault of who told it.
void keep_usage(storage::site_database& database, const std::string& name,
                const std::vector<model::usage_window>& told, model::calendar_time now) {
  std::vector<model::usage_window> windows;
  for (const std::uint32_t days : model::usage_days) {
    const auto found = std::ranges::find(told, days, &model::usage_window::days);
    if (found != told.end()) { windows.push_back(*found); }
  }
  if (windows.empty()) { return; }
  const auto kept = database.put_usage(name, windows, now);
  if (!kept) { log::error("site", describe(kept.error())); }
}

/// What a host says of itself, within bounds.
std::vector<model::setting_row> within_bounds(std::vector<model::setting_row> settings) {
  constexpr std::size_t settings_max = 64;  // far more than there are
  constexpr std::size_t bytes_max = 1024;
  if (settings.size() > settings_max) { settings.resize(settings_max); }
  for (model::setting_row& one : settings) {
    for (std::string* const text : {&one.name, &one.value, &one.origin}) {
      if (text->size() > bytes_max) { text->resize(bytes_max); }
    }
  }
  return settings;
}

/// Without those that only have the name of one of the site's: another site gave the same.
result<std::vector<model::content_id>> contents_of(storage::site_database& database,
                                                   const std::vector<rpc::held_content>& held,
                                                   const std::string& name) {
  const auto ours = database.manifest_hashes();
  if (!ours) { return ours.error(); }
  std::vector<model::content_id> contents;
  std::vector<model::content_id> others;
  for (const rpc::held_content& one : held) {
    const auto same_name = ours->find(one.content);
    const bool other =
        same_name != ours->end() && one.manifest_hash && same_name->second != *one.manifest_hash;
    (other ? others : contents).push_back(one.content);
  }
  if (!others.empty()) {
    log::warning("site", format("{} holds {} contents that only have the names of this site's, the "
                                "first is {}; they are another site's",
                                name, others.size(), others.front().text()));
  }
  return contents;
}

}  // namespace

/// In a new epoch a node numbers its reports from 1 again.
result<void> site_state::count_anew(const std::string& name) {
  auto open = setup_.database->open_distributions();
  if (!open) { return open.error(); }
  for (storage::site_distribution& row : *open) {
    if (row.row.distribution_point != name) { continue; }
    row.last_sequence = 0;
    auto put = setup_.database->put_distribution(row);
    if (!put) { return put; }
  }
  return {};
}

/// B8: none of these jobs' notifications was heard, or no removal; the node is, now.
result<void> site_state::reopen_given_up(const std::string& name) {
  storage::site_database& database = *setup_.database;
  auto rows = database.without_tries(name);
  if (!rows) { return rows.error(); }
  std::erase_if(*rows, [](const auto& row) { return !waits_for_heartbeat(row); });
  const auto kept = database.transaction([&]() -> result<void> {
    for (storage::site_distribution& row : *rows) {
      if (row.removing) {
        move(row, model::package_state::removal_pending);
        row.row.tries_left = setup_.parts.policy.distribution.retry.number;
        auto again = database.put_distribution(row);
        if (!again) { return again; }
        continue;
      }
      begin_job(row, new_job(row.row.version, row.row.bytes_total, row.redistribute));
      auto put = database.put_distribution(row);
      if (!put) { return put; }
    }
    return {};
  });
  if (!kept) { return kept; }
  for (const storage::site_distribution& row : *rows) { deliver_to(name, row.row.package); }
  return {};
}

/// True with the last part. Parts that lack one before them are refused: the node begins anew.
result<bool> site_state::collect_inventory(const rpc::registration& given) {
  std::vector<rpc::held_content>& held = inventories_[given.name];
  if (given.part == 0) { held.clear(); }
  const std::size_t before = std::size_t{given.part} * limits::rpc_container_items_max;
  if (held.size() != before || held.size() > limits::validation_contents_max) {
    inventories_.erase(given.name);
    return error{errc::conflict, 0,
                 format("take part {} of the inventory of {}: send it from its first part",
                        given.part, escaped(given.name))};
  }
  held.insert(held.end(), given.inventory.begin(), given.inventory.end());
  return !given.more;
}

result<rpc::registration_answer> site_state::on_registration(const rpc::registration& given) {
  storage::site_database& database = *setup_.database;
  auto point = database.distribution_point(given.name);
  if (!point) { return point.error(); }
  if (!*point || (*point)->row.own) {
    return error{errc::not_found, 0,
                 format("register node '{0}': the site knows no such distribution "
                        "point; add it there: sluice dp add {0} --address "
                        "HOST:PORT --mode pull --source NAME:PRIORITY",
                        escaped(given.name))};
  }
  if ((*point)->row.node && *(*point)->row.node != given.node) {
    return error{errc::denied, 0,
                 format("register node '{}': another node has this name", given.name)};
  }
  if (!io::endpoint::parse(given.content_address)) {
    return error{errc::invalid, 0,
                 format("register node '{}': its content address is not HOST:PORT", given.name)};
  }
  auto complete = collect_inventory(given);
  if (!complete) { return complete.error(); }
  rpc::registration_answer answer;
  answer.site = setup_.parts.code.text();
  for (const hashing::public_key& key : setup_.site_keys) {
    answer.site_keys.push_back(to_hex(key));
  }
  if (!*complete) { return answer; }
  const auto held = contents_of(database, inventories_.extract(given.name).mapped(), given.name);
  if (!held) { return held.error(); }
  const bool known_epoch = (*point)->epoch == given.epoch;
  const auto kept = database.transaction([&]() -> result<void> {
    auto put = database.put_registration(given.name, given.node, given.epoch, given.content_address,
                                         given.build, setup_.parts.node.now());
    if (put && !known_epoch) { put = count_anew(given.name); }
    if (put) { put = database.put_host_settings(given.name, within_bounds(given.settings)); }
    if (!put || !given.full_inventory) { return put; }
    return database.replace_available(given.name, *held);
  });
  if (!kept) { return kept.error(); }
  if (!known_epoch || (*point)->build != given.build) {
    add_message(2399, {given.name, given.build});
  }
  if ((*point)->row.content_address != given.content_address) {
    add_message(2375, {given.name, format("http://{}/", given.content_address)});
  }
  answer.maintenance = (*point)->row.maintenance;
  if (known_epoch) { answer.acknowledged = (*point)->acknowledged; }
  end_monitoring(given.name);
  refresh_validations_of(given.name);  // it may know nothing of them any more
  broadcast_back(given.name);
  const auto reopened = reopen_given_up(given.name);
  if (!reopened) { return reopened.error(); }
  return answer;
}

result<rpc::heartbeat_answer> site_state::on_heartbeat(const rpc::heartbeat_request& given) {
  auto point = setup_.database->distribution_point_of(given.node);
  if (!point) { return point.error(); }
  rpc::heartbeat_answer answer;
  answer.known = *point && (*point)->epoch == given.epoch;
  if (!answer.known) { return answer; }
  answer.maintenance = (*point)->row.maintenance;
  const auto now = setup_.parts.node.now();
  const auto silence = now - (*point)->row.last_heard.value_or(now);
  // Those that ask for commands come often: not each of them is written down.
  if (given.contact && silence < limits::heartbeat_interval / 2) { return answer; }
  const auto put = setup_.database->put_heard((*point)->row.name, now);
  if (!put) { return put.error(); }
  keep_usage(*setup_.database, (*point)->row.name, given.usage, now);
  if (silence > 3 * limits::heartbeat_interval) { broadcast_back((*point)->row.name); }
  const auto reopened = reopen_given_up((*point)->row.name);
  if (!reopened) { return reopened.error(); }
  return answer;
}

/// Of the site's own distribution point.
void site_state::on_usage(const usage_measured& mail) {
  keep_usage(*setup_.database, setup_.parts.own_distribution_point, mail.windows,
             setup_.parts.node.now());
}

void site_state::say(const std::vector<site_message>& words) {
  for (const site_message& one : words) { add_message(one.id, one.insertions); }
}

result<void> site_state::take_state(const std::string& name, const model::state_message& message,
                                    report_news& news, std::vector<content_gained>& gained) {
  storage::site_database& database = *setup_.database;
  if (!model::is_known(message.report)) {
    news.said.push_back({2360, {name, format("{}", static_cast<int>(message.report))}});
    return {};
  }
  auto found = database.distribution_of(message.job);
  if (!found) { return found.error(); }
  const bool of_another = *found && ((*found)->row.distribution_point != name ||
                                     (*found)->row.package != message.content.package);
  if (of_another) {
    news.said.push_back(
        {2354,
         {name, format("its job {} is one of {} on {}", message.job.text(),
                       (*found)->row.package.text(), (*found)->row.distribution_point)}});
    return {};
  }
  if (message.report == model::state_report::success) {
    auto target = database.distribution(message.content.package, name);
    if (!target) { return target.error(); }
    // A report that comes after its package was removed from there tells of what is gone.
    if (*target && !(*target)->removing) {
      auto available = database.put_available(message.content, name, true);
      if (!available) { return available; }
      gained.push_back({message.content, name});
    }
  }
  if (!*found || (*found)->removing) { return {}; }
  storage::site_distribution row = **found;
  if (!apply_report(row, message, setup_.parts.node.now())) { return {}; }
  news.told.push_back({message.content.package, message});
  const auto words = words_of(**found, row);
  news.said.insert(news.said.end(), words.begin(), words.end());
  auto follows = catch_up(row);
  if (!follows) { return follows.error(); }
  if (*follows) { news.behind.push_back({message.content.package}); }
  return database.put_distribution(row);
}

/// A version that came after its package was updated, though that target was left out, as it was
/// being cancelled: the present one follows. So does an order to fetch, for a job that still waits
/// for prestaged content where nothing is prestaged any more; and the order to throw away what was
/// fetched, once the job has stopped.
result<bool> site_state::catch_up(storage::site_distribution& row) {
  if (row.discard && is_over(row) && !row.removing) { return true; }
  const bool waits = row.node_state == model::job_state::waiting_prestage && job_is_open(row) &&
                     !row.removing && !row.cancel_asked && !row.cancelled;
  if (waits) {
    auto point = setup_.database->distribution_point(row.row.distribution_point);
    if (!point) { return point.error(); }
    if (!*point || (*point)->row.prestaged) { return false; }
    begin_job(row, new_job(row.row.version, row.row.bytes_total, row.redistribute));
    return true;
  }
  if (!is_installed(row) || row.cancelled || row.removing) { return false; }
  auto package = setup_.database->package(row.row.package);
  if (!package) { return package.error(); }
  if (!*package || (*package)->row.version <= row.row.version) { return false; }
  begin_job(row, new_job((*package)->row.version, (*package)->row.bytes, false));
  return true;
}

result<std::uint64_t> site_state::on_reports(const rpc::report_batch& batch) {
  storage::site_database& database = *setup_.database;
  auto point = database.distribution_point_of(batch.node);
  if (!point) { return point.error(); }
  if (!*point || (*point)->epoch != batch.epoch) {
    return error{errc::not_found, 0, "take these reports: register this node first"};
  }
  const std::string name = (*point)->row.name;
  const auto now = setup_.parts.node.now();
  const auto silence = now - (*point)->row.last_heard.value_or(now);
  std::uint64_t last = (*point)->acknowledged;
  report_news reported;
  validation_news news;
  const auto kept = database.transaction([&]() -> result<void> {
    for (const model::state_message& message : batch.states) {
      if (message.sequence <= (*point)->acknowledged) { continue; }
      last = std::max(last, message.sequence);
      auto taken = take_state(name, message, reported, news.gained);
      if (!taken) { return taken; }
    }
    for (const model::status_message& message : batch.messages) {
      if (message.sequence <= (*point)->acknowledged) { continue; }
      last = std::max(last, message.sequence);
      auto added = database.add_message({message, setup_.parts.code.text(), name});
      if (added) { added = keep_validation_message(name, message, news); }
      if (!added) { return added; }
    }
    auto heard = database.put_heard(name, now);
    if (!heard) { return heard; }
    say(reported.said);  // acknowledged together with what is said of them
    return database.put_acknowledged(name, last);
  });
  if (!kept) { return kept.error(); }
  const auto own_proxy = proxies_.find(name);
  for (const job_reported& mail : reported.told) {
    if (own_proxy != proxies_.end()) { caf::anon_send(own_proxy->second, mail); }
    say_repaired(mail.message);
  }
  for (const deliver& mail : reported.behind) { deliver_to(name, mail.package); }
  for (const model::status_message& message : batch.messages) {
    if (message.sequence > (*point)->acknowledged) { note_validation_message(name, message); }
  }
  tell(name, news);
  if (silence > 3 * limits::heartbeat_interval) { broadcast_back(name); }
  return last;
}

}  // namespace sluice::actors
