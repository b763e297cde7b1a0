#include <algorithm>

#include "actors/site.hpp"
#include "actors/site_words.hpp"

/// Distribution point groups (G1-G4): who joins one is sent what was distributed to it, who leaves
/// keeps what it has.
namespace sluice::actors {

namespace {

error no_group(const std::string& name) {
  return {errc::not_found, 0, format("find group {}: see sluice group list", escaped(name))};
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// One that is being removed is a member until it is gone, and is sent nothing.
result<std::vector<std::string>> staying_members(storage::site_database& database,
                                                 const model::group_row& group) {
  std::vector<std::string> names;
  for (const std::string& name : group.members) {
    auto point = database.distribution_point(name);
    if (!point) { return point.error(); }
    if (*point && !(*point)->row.leaving) { names.push_back(name); }
  }
  return names;
}

}  // namespace

result<rpc::group_answer> site_state::on_group(const change_group& asked) {
  storage::site_database& database = *setup_.database;
  const std::string& name = asked.request.name;
  if (!is_good_name(name)) {
    return error{
        errc::invalid, 0,
        format("name a group '{}': use 1 to 64 letters, digits, '.', '_' or '-'", escaped(name))};
  }
  auto before = database.group(name);
  if (!before) { return before.error(); }
  const bool creates = asked.request.action == rpc::group_action::create;
  if (creates && *before) {
    return error{errc::conflict, 0,
                 format("create group {0}: it exists; see sluice group show {0}", name)};
  }
  if (!creates && !*before) { return no_group(name); }
  for (const std::string& point : asked.request.distribution_points) {
    auto known = database.distribution_point(point);
    if (!known) { return known.error(); }
    if (!*known) {
      return error{errc::not_found, 0,
                   format("change group {1}: there is no distribution point {0}; see sluice "
                          "dp list",
                          escaped(point), name)};
    }
  }
  const bool removes = asked.request.action == rpc::group_action::remove;
  const bool goes = removes && asked.request.distribution_points.empty();
  const auto kept = database.transaction([&]() -> result<void> {
    auto put = goes ? database.forget_group(name) : database.put_group(name);
    for (const std::string& point : asked.request.distribution_points) {
      if (put) { put = database.put_member(name, point, !removes); }
    }
    return put;
  });
  if (!kept) { return kept.error(); }
  rpc::group_answer answer;
  answer.row.name = name;
  if (!goes) {
    auto after = database.group(name);
    if (!after) { return after.error(); }
    if (*after) { answer.row = **after; }
  }
  say(words_of(*before, answer.row, asked.admin));
  if (goes) { return answer; }
  auto sent = reconcile(answer.row);
  if (!sent) { return sent.error(); }
  answer.sent = std::move(*sent);
  return answer;
}

/// What was distributed to a group goes to each member that was never sent it: a cancelled one is
/// held, and one that failed waits for its operator.
result<rpc::distribute_answer> site_state::reconcile(const model::group_row& group) {
  rpc::distribute_answer all;
  const auto kept =
      setup_.database->transaction([&]() -> result<void> { return send_missing(group, all); });
  if (!kept) { return kept.error(); }
  return all;
}

result<void> site_state::send_missing(const model::group_row& group, rpc::distribute_answer& all) {
  auto members = staying_members(*setup_.database, group);
  if (!members) { return members.error(); }
  for (const model::package_id& package : group.packages) {
    rpc::distribute_request wish;
    wish.package = package;
    for (const std::string& name : *members) {
      auto row = setup_.database->distribution(package, name);
      if (!row) { return row.error(); }
      if (!*row) { wish.distribution_points.push_back(name); }
    }
    if (wish.distribution_points.empty()) { continue; }
    auto sent = on_distribute({wish, "group " + group.name});
    if (!sent) { return sent.error(); }
    const std::string id = package.text() + " on ";
    for (const std::string& name : sent->started) { all.started.push_back(id + name); }
    append(all.warnings, sent->warnings);
  }
  return {};
}

/// At the start: the site may have ended between a change of a group and what follows from it.
result<void> site_state::reconcile_groups() {
  for (std::uint32_t offset = 0; true; offset += limits::list_page_rows) {
    auto page = setup_.database->groups(offset, limits::list_page_rows);
    if (!page) { return page.error(); }
    for (const model::group_row& listed : page->rows) {
      auto group = setup_.database->group(listed.name);
      if (!group) { return group.error(); }
      if (!*group) { continue; }
      auto sent = reconcile(**group);
      if (!sent) { return sent.error(); }
    }
    if (page->rows.size() < limits::list_page_rows) { return {}; }
  }
}

}  // namespace sluice::actors
