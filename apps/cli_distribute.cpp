#include "apps/cli_follow.hpp"
#include "apps/cli_verbs.hpp"

namespace sluice::cli {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) { out += (out.empty() ? "" : ", ") + escaped(name); }
  return out;
}

result<answer> distribute_as(session& now, bool again) {
  const auto id = model::package_id::parse(now.call().one("PKG"));
  if (!id) { return id.error(); }
  const auto patience = patience_of(now.call());
  if (!patience) { return patience.error(); }
  const rpc::distribute_request request{*id, now.call().all("--dp"), again};
  const auto given = now.site().distribute(session::me(), request);
  if (!given) { return given.error(); }
  answer made;
  made.items = {json_of(*given)};
  if (!given->started.empty()) {
    made.text += format("{} goes to {}.\n", id->text(), joined(given->started));
  }
  if (!given->had_it.empty()) {
    made.text += format("{} is already on {}; nothing moves.\n", id->text(), joined(given->had_it));
  }
  for (const std::string& warning : given->warnings) {
    made.text += format("Warning: {}\n", escaped(warning));
  }
  if (!now.call().has("--wait")) {
    made.next = {format("sluice status {} --watch", id->text())};
    return made;
  }
  if (!now.json()) { print_answer(now, made); }
  return follow_to_end(now, *id, request.distribution_points, *patience);
}

}  // namespace

result<answer> distribute(session& now) {
  return distribute_as(now, now.call().has("--redistribute"));
}

result<answer> redistribute(session& now) { return distribute_as(now, true); }

}  // namespace sluice::cli
