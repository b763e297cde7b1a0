#include "actors/site.hpp"
#include "actors/site_targets.hpp"
#include "actors/site_words.hpp"

/// What an operator takes back, and what he changes of a package.
namespace sluice::actors {

using model::package_state;
using model::site_job_state;

namespace {

/// The node may have the job: it was told of it, or a call to tell it was begun; also of one that
/// the site gave up or detached, which runs on over there (C4); or it has the one before it.
bool may_be_there(const storage::site_distribution& row) noexcept {
  const bool given_up = row.row.job_state == site_job_state::cancelled && !row.cancelled;
  return job_is_open(row) || row.row.job_state == site_job_state::ready || given_up ||
         row.former_job.has_value();
}

/// Nothing of it runs at the node, or nobody looks any more whether it does.
void end_job(storage::site_distribution& row, std::string reason) {
  move(row, package_state::install_failed);
  move(row, site_job_state::cancelled);
  row.row.reason = std::move(reason);
  row.row.next_try.reset();
}

}  // namespace

/// C1-C5. A job that the node knows of is asked to stop, and says so (128, then 64); all others end
/// here. What was fetched goes once nothing of it runs.
result<void> site_state::cancel_on(const std::string& name, const cancel_package& asked,
                                   rpc::cancel_answer& answer, std::vector<site_message>& words) {
  storage::site_database& database = *setup_.database;
  const model::package_id& package = asked.request.package;
  auto point = database.distribution_point(name);
  if (!point) { return point.error(); }
  auto found = database.distribution(package, name);
  if (!found) { return found.error(); }
  if (!*point || !*found) {
    return error{errc::not_found, 0,
                 format("cancel {0} on {1}: it was never sent there; see sluice status {0}",
                        package.text(), escaped(name))};
  }
  storage::site_distribution row = **found;
  const bool is_there = is_installed(row) && !job_is_open(row);
  const bool discards = asked.request.discard && !asked.request.detach;
  const bool runs_on = may_be_there(row) && !asked.request.detach;
  if ((*point)->row.own || row.removing || is_there) {
    const bool too_late = is_there && !(*point)->row.own && !row.removing;
    (too_late ? answer.too_late : answer.nothing).push_back(name);
    return {};
  }
  const bool was_to_discard = std::exchange(row.discard, discards);
  if (is_over(row) && !runs_on) {
    (discards ? answer.discarding : answer.nothing).push_back(name);
    return was_to_discard == discards ? result<void>() : database.put_distribution(row);
  }
  row.row.changed = setup_.parts.node.now();
  row.heard = true;
  if (asked.request.detach) {
    end_job(row, format("detached by {}: the site does not follow it any more; its success will "
                        "still count",
                        asked.admin));
    row.cancel_asked = false;
    row.held_by.clear();
    answer.cancelled.push_back(name);
  } else if (runs_on) {
    row.held_by = asked.admin;
    row.cancel_asked = true;
    row.row.reason =
        format("is being cancelled by {}: {} has not confirmed it yet", asked.admin, name);
    answer.requested.push_back(name);
  } else {
    row.held_by = asked.admin;
    row.cancelled = true;
    row.cancel_asked = false;
    end_job(row, format("cancelled by {}", asked.admin));
    answer.cancelled.push_back(name);
  }
  derive(row);
  const auto said = words_of(**found, row);
  words.insert(words.end(), said.begin(), said.end());
  return database.put_distribution(row);
}

result<rpc::cancel_answer> site_state::on_cancel(const cancel_package& asked) {
  const auto names = targets_of(*setup_.database, asked.request);
  if (!names) { return names.error(); }
  rpc::cancel_answer answer;
  std::vector<site_message> words;
  const auto kept = setup_.database->transaction([&]() -> result<void> {
    for (const std::string& name : *names) {
      auto done_there = cancel_on(name, asked, answer, words);
      if (!done_there) { return done_there; }
    }
    return {};
  });
  if (!kept) { return kept.error(); }
  say(words);
  for (const auto* changed : {&answer.cancelled, &answer.requested, &answer.discarding}) {
    for (const std::string& name : *changed) { deliver_to(name, asked.request.package); }
  }
  return answer;
}

result<model::package_row> site_state::on_set_package(const set_package& asked) {
  storage::site_database& database = *setup_.database;
  const model::package_id& id = asked.request.package;
  auto package = database.package(id);
  if (!package) { return package.error(); }
  if (!*package) {
    return error{errc::not_found, 0, format("set package {}: see sluice package list", id.text())};
  }
  model::package_row row = (*package)->row;
  if (asked.request.priority) { row.priority = *asked.request.priority; }
  if (asked.request.name) { row.name = *asked.request.name; }
  const auto put = database.put_package(row, (*package)->manifest_size);
  if (!put) { return put.error(); }
  say(words_of((*package)->row, row, asked.admin));
  auto open = database.open_distributions();
  if (!open) { return open.error(); }
  for (const auto& waiting : *open) {  // another priority is another place in the queue
    if (waiting.row.package == id) { deliver_to(waiting.row.distribution_point, id); }
  }
  return row;
}

}  // namespace sluice::actors
