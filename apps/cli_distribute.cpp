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

result<answer> cancel_as(session& now, bool detach) {
  const auto id = model::package_id::parse(now.call().one("PKG"));
  if (!id) { return id.error(); }
  const rpc::cancel_request request{*id, now.call().all("--dp"), detach};
  const auto given = now.site().cancel(session::me(), request);
  if (!given) { return given.error(); }
  answer made;
  made.items = {json_of(*given)};
  const auto say = [&](const std::vector<std::string>& names, std::string_view what) {
    if (!names.empty()) { made.text += format("{} on {}: {}.\n", id->text(), joined(names), what); }
  };
  say(given->cancelled, detach ? "not followed any more; its success will still count"
                               : "cancelled, and held until it is distributed again");
  say(given->requested, "asked to stop; it is cancelled when the node says so");
  say(given->too_late, "too late, it is there");
  say(given->nothing, "nothing to cancel");
  if (made.text.empty()) { made.text = format("{}: nothing to cancel.\n", id->text()); }
  made.next = {format("sluice status {}", id->text())};
  return made;
}

}  // namespace

result<answer> cancel(session& now) { return cancel_as(now, false); }

result<answer> detach(session& now) { return cancel_as(now, true); }

result<answer> distribute(session& now) {
  return distribute_as(now, now.call().has("--redistribute"));
}

result<answer> redistribute(session& now) { return distribute_as(now, true); }

}  // namespace sluice::cli
