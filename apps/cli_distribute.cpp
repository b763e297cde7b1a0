#include "apps/cli_follow.hpp"
#include "apps/cli_text.hpp"
#include "apps/cli_verbs.hpp"

namespace sluice::cli {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) { out += (out.empty() ? "" : ", ") + escaped(name); }
  return out;
}

void say_plan(answer& made, const rpc::distribute_answer& given,
              const rpc::distribute_request& request) {
  const std::string all = format("{}, {}", counted(given.files, "file"), human_bytes(given.bytes));
  const std::string moves = request.redistribute
                                ? format("all of it, {}; what it has is overwritten", all)
                                : format("up to {}; what it has does not move", all);
  for (const std::string& name : given.started) {
    made.text +=
        format("{} would {} {}: {}.\n", request.package.text(),
               request.redistribute ? "be redistributed to" : "go to", escaped(name), moves);
  }
}

/// What was, or would be, done.
answer answer_of(const rpc::distribute_answer& given, const rpc::distribute_request& request) {
  const std::string id = request.package.text();
  answer made;
  made.items = {json_of(given)};
  if (request.plan) {
    say_plan(made, given, request);
  } else if (!given.started.empty()) {
    made.text += format("{} {} {}.\n", id, request.redistribute ? "is redistributed to" : "goes to",
                        joined(given.started));
  }
  if (!given.had_it.empty()) {
    made.text += format("{} is already on {}; nothing moves there.\n", id, joined(given.had_it));
  }
  for (const std::string& warning : given.warnings) {
    made.text += format("Warning: {}\n", escaped(warning));
  }
  for (const std::string& refused : given.refused) {
    made.text += format("Refused: {}\n", escaped(refused));
  }
  if (!given.refused.empty()) { made.code = exit_code::partial; }
  return made;
}

/// What was planned, to be typed.
std::string command_of(const rpc::distribute_request& request) {
  std::string line = format("sluice {} {}", request.redistribute ? "redistribute" : "distribute",
                            request.package.text());
  const auto add = [&line](std::string_view option, const std::vector<std::string>& names) {
    if (!names.empty()) { line += format(" {}", option); }
    for (const std::string& name : names) { line += " " + name; }
  };
  add("--dp", request.distribution_points);
  add("--group", request.groups);
  if (request.with_sources) { line += " --with-sources"; }
  return line;
}

result<answer> distribute_as(session& now, bool again) {
  const auto id = model::package_id::parse(now.call().one("PKG"));
  if (!id) { return id.error(); }
  const auto patience = patience_of(now.call());
  if (!patience) { return patience.error(); }
  rpc::distribute_request request{*id, now.call().all("--dp"), again, now.call().all("--group")};
  request.plan = now.call().has("--plan");
  request.with_sources = now.call().has("--with-sources");
  if (request.distribution_points.empty() && request.groups.empty()) {
    return error{errc::invalid, 0,
                 format("{} {}: say where to: --dp NAME or --group NAME",
                        again ? "redistribute" : "distribute", id->text())};
  }
  const auto given = now.site().distribute(session::me(), request);
  if (!given) { return given.error(); }
  answer made = answer_of(*given, request);
  if (request.plan || !now.call().has("--wait")) {
    made.next = {request.plan ? command_of(request)
                              : format("sluice status {}{}", id->text(),
                                       given->started.empty() ? "" : " --watch")};
    return made;
  }
  if (!now.json()) { print_answer(now, made); }
  std::vector<std::string> names = given->started;
  names.insert(names.end(), given->had_it.begin(), given->had_it.end());
  auto ended = follow_to_end(now, *id, names, *patience);
  if (ended && made.code == exit_code::partial && ended->code == exit_code::ok) {
    ended->code = exit_code::partial;
  }
  return ended;
}

result<answer> cancel_as(session& now, bool detach) {
  const auto id = model::package_id::parse(now.call().one("PKG"));
  if (!id) { return id.error(); }
  const bool discard = now.call().has("--discard");
  const rpc::cancel_request request{*id, now.call().all("--dp"), detach, discard};
  const auto given = now.site().cancel(session::me(), request);
  if (!given) { return given.error(); }
  answer made;
  made.items = {json_of(*given)};
  const auto say = [&](const std::vector<std::string>& names, std::string_view what) {
    if (!names.empty()) { made.text += format("{} on {}: {}.\n", id->text(), joined(names), what); }
  };
  say(given->cancelled, detach ? "not followed any more; its success will still count"
                               : "cancelled, and held until it is distributed again");
  say(given->requested, discard ? "asked to stop, and then to throw away what was fetched"
                                : "asked to stop; it is cancelled when the node says so");
  say(given->too_late, "too late, it is there");
  say(given->discarding, "nothing to cancel; what was fetched is thrown away");
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
