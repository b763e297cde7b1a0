#include <algorithm>

#include "actors/site.hpp"
#include "actors/site_targets.hpp"

/// Distributions: where to, and what each target needs.
namespace sluice::actors {

result<rpc::distribute_answer> site_state::on_distribute(const distribute_package& asked) {
  storage::site_database& database = *setup_.database;
  auto package = database.package(asked.request.package);
  if (!package) { return package.error(); }
  if (!*package) {
    return error{errc::not_found, 0,
                 format("distribute {}: there is no such package; see sluice "
                        "package list",
                        asked.request.package.text())};
  }
  auto names = names_of(database, asked.request);
  if (!names) { return names.error(); }
  if (asked.request.with_sources) {
    const auto added = add_sources(database, (*package)->row, *names);
    if (!added) { return added.error(); }
  }
  rpc::distribute_answer answer;
  answer.files = (*package)->row.files;
  answer.bytes = model::raw((*package)->row.bytes);
  const auto kept = database.transaction([&]() -> result<void> {
    for (const std::string& group : asked.request.groups) {
      if (asked.request.plan) { break; }
      auto linked = database.link_package(group, asked.request.package);
      if (!linked) { return linked; }
    }
    for (const std::string& name : *names) {
      auto put = distribute_to(**package, name, asked.request, answer);
      if (!put) { return put; }
    }
    return warn_of_sources(database, (*package)->row, *names, answer);
  });
  if (!kept) { return kept.error(); }
  const bool nothing_else = answer.started.empty() && answer.had_it.empty();
  if (nothing_else && !answer.refused.empty()) {
    return error{errc::not_found, 0, format("distribute to {}", answer.refused.front())};
  }
  if (asked.request.plan) { return answer; }
  add_message(2300, {asked.request.package.text(),
                     asked.request.redistribute ? "redistribute" : "distribute"});
  say_started(asked.request.package, answer.started);
  return answer;
}

/// Two messages a target, kept together: each transaction of its own waits for the disk.
void site_state::say_started(const model::package_id& package,
                             const std::vector<std::string>& names) {
  const auto said = setup_.database->transaction([&]() -> result<void> {
    for (const std::string& name : names) {
      add_message(2342, {package.text(), name});
      add_message(2357, {package.text(), name});
    }
    return {};
  });
  if (!said) { log::error("site", describe(said.error())); }
  for (const std::string& name : names) { deliver_to(name, package); }
}

result<void> site_state::distribute_to(const storage::site_package& package,
                                       const std::string& name, const rpc::distribute_request& wish,
                                       rpc::distribute_answer& answer) {
  storage::site_database& database = *setup_.database;
  auto point = database.distribution_point(name);
  if (!point) { return point.error(); }
  if (!*point) {  // Q9: the others are not held up by it
    answer.refused.push_back(
        format("{}: there is no such distribution point; see sluice dp list", escaped(name)));
    return {};
  }
  if ((*point)->row.leaving) {
    answer.refused.push_back(format("{}: it is being removed", name));
    return {};
  }
  auto existing = database.distribution(package.row.id, name);
  if (!existing) { return existing.error(); }
  storage::site_distribution row;
  if (*existing) { row = **existing; }
  const bool same_version = *existing && row.row.version == package.row.version;
  const bool has_it = same_version && row.heard && is_installed(row) && !row.removing;
  if (has_it && (!wish.redistribute || (*point)->row.own)) {
    answer.had_it.push_back(name);
    return {};
  }
  const bool under_way = same_version && job_is_open(row) && !row.removing && !row.cancel_asked;
  if (under_way && row.redistribute == wish.redistribute) {
    answer.started.push_back(name);
    return {};
  }
  if (wish.plan) {
    answer.started.push_back(name);
    return {};
  }
  row.row.package = package.row.id;
  row.row.distribution_point = name;
  begin_job(row, new_job(package.row.version, package.row.bytes, wish.redistribute));
  auto put = database.put_distribution(row);
  if (!put) { return put; }
  answer.started.push_back(name);
  return {};
}

job_begin site_state::new_job(std::uint32_t version, model::byte_count bytes, bool redistribute) {
  const node_parts& node = setup_.parts.node;
  return {model::job_id::make(node.random),
          version,
          bytes,
          redistribute,
          setup_.parts.policy.distribution.retry.number,
          node.now()};
}

}  // namespace sluice::actors
