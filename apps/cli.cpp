#include "apps/cli.hpp"

#include <algorithm>
#include <cerrno>
#include <ostream>

#include "apps/cli_definition.hpp"
#include "apps/cli_text.hpp"

namespace sluice::cli {

namespace {

std::string socket_of(const invocation& call, bool node) {
  return call.maybe("--socket").value_or(node ? node_socket_default : admin_socket_default);
}

/// The command that a sentence names: "see sluice dp list".
std::string command_in(std::string_view sentence) {
  const std::size_t begin = sentence.find(" sluice ");
  if (begin == std::string_view::npos) { return {}; }
  const std::string_view rest = sentence.substr(begin + 1);
  const bool is_command = std::ranges::any_of(
      verbs(), [&](const verb& each) { return rest.starts_with(format("sluice {}", each.words)); });
  return is_command ? std::string(rest.substr(0, rest.find_first_of(",;)"))) : std::string();
}

/// The command to type after a failure; empty when there is none better than reading the sentence.
std::string next_after(const error& failure, const invocation& call) {
  const std::string socket = socket_of(call, call.has("--node"));
  if (failure.doing.starts_with(format("connect to unix:{}:", escaped(socket)))) {
    if (failure.os_error == EACCES) { return "id   (the socket is open to root and to its group)"; }
    return format("systemctl status sluiced   (asked at {}; --socket PATH asks elsewhere)",
                  escaped(socket));
  }
  if (failure.code == errc::invalid) { return format("sluice {} --help", call.verb->words); }
  const std::string named = command_in(failure.doing);
  if (!named.empty()) { return named; }
  if (failure.os_error != 0) { return {}; }  // of a file or of another machine
  if (failure.code != errc::not_found) { return {}; }
  for (const std::string_view kind : {"dp", "group", "job"}) {
    if (call.verb->words.starts_with(kind)) { return format("sluice {} list", kind); }
  }
  return "sluice package list";
}

int fail(const world& outside, bool json, exit_code code, std::string_view error_name,
         std::string_view message, std::string_view next) {
  const int number = static_cast<int>(code);
  if (json) {
    outside.output << json_failure(number, error_name, message) << "\n";
  } else {
    outside.error_output << "sluice: " << message << "\n";
    if (!next.empty()) { outside.error_output << "Next: " << next << "\n"; }
  }
  return number;
}

int print_plain(const world& outside, bool json, std::string_view name, const std::string& text) {
  if (json) {
    outside.output << json_answer("ok", 0, {json_text(name, text)}) << "\n";
  } else {
    outside.output << text;
  }
  return 0;
}

int run_verb(const invocation& call, const world& outside) {
  session now(outside, call);
  const result<answer> outcome = call.verb->run(now);
  if (!outcome) {
    const error& failure = outcome.error();
    return fail(outside, now.json(), exit_code_of(failure.code), name_of(failure.code),
                escaped(describe(failure), 4096), next_after(failure, call));
  }
  if (!outcome->printed) { print_answer(now, *outcome); }
  return static_cast<int>(outcome->code);
}

}  // namespace

const std::string& invocation::one(std::string_view name) const {
  const auto found = values.find(name);
  SLUICE_CHECK(found != values.end() && found->second.size() == 1);
  return found->second.front();
}

std::optional<std::string> invocation::maybe(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional(found->second.front());
}

std::vector<std::string> invocation::all(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::vector<std::string>() : found->second;
}

rpc::admin_service& session::site() {
  if (!site_) { site_ = another_site(limits::rpc_call_deadline); }
  return *site_;
}

rpc::node_service& session::local_node() {
  if (!node_) { node_ = outside_.connect_node(socket_of(call_, true), limits::rpc_call_deadline); }
  return *node_;
}

std::shared_ptr<rpc::admin_service> session::another_site(
    std::chrono::milliseconds call_deadline) const {
  return outside_.connect_admin(socket_of(call_, false), call_deadline);
}

const rpc::principal& session::me() {
  static const rpc::principal nobody;  // the server asks the transport
  return nobody;
}

void print_answer(const session& from, const answer& given) {
  std::ostream& output = from.outside().output;
  if (from.json()) {
    const bool whole = given.code == exit_code::ok;
    output << json_answer(whole                              ? "ok"
                          : given.code == exit_code::partial ? "partial"
                                                             : "error",
                          static_cast<int>(given.code), given.items)
           << "\n";
  } else {
    output << given.text;
    for (const std::string& command : given.next) {
      output << "Next: " << escaped(command) << "\n";
    }
  }
  output.flush();
}

int run_cli(const std::vector<std::string>& arguments, const world& outside) {
  const parsed line = parse(arguments);
  const bool json = std::ranges::find(arguments, "--json") != arguments.end();
  if (const auto* help = std::get_if<help_wanted>(&line)) {
    return print_plain(outside, json, "text", help_text(help->words));
  }
  if (std::holds_alternative<version_wanted>(line)) {
    return json ? print_plain(outside, json, "version", std::string(program_version()))
                : print_plain(outside, json, "", format("sluice {}\n", program_version()));
  }
  if (const auto* fault = std::get_if<usage_fault>(&line)) {
    return fail(outside, json, exit_code::usage, name_of(errc::invalid), escaped(fault->message),
                format("sluice {}{}--help", fault->words, fault->words.empty() ? "" : " "));
  }
  return run_verb(std::get<invocation>(line), outside);
}

}  // namespace sluice::cli
