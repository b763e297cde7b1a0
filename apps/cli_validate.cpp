#include <algorithm>
#include <map>
#include <ostream>

#include "apps/cli_definition.hpp"
#include "apps/cli_follow.hpp"
#include "apps/cli_verbs.hpp"

namespace sluice::cli {

namespace {

using model::validation_row;
using model::validation_state;

constexpr std::chrono::milliseconds look_step{100};

bool is_over(const validation_row& row) {
  return row.state == validation_state::complete || row.state == validation_state::aborted;
}

colour colour_of(const validation_row& row) {
  if (row.state == validation_state::aborted || row.failed > 0) { return colour::bad; }
  return row.state == validation_state::complete ? colour::good : colour::busy;
}

double percent_of(std::uint64_t done, std::uint64_t total) {
  return total == 0 ? 0 : static_cast<double>(done) * 100 / static_cast<double>(total);
}

std::string table_of(const world& outside, const std::vector<validation_row>& rows) {
  text_table table({{"DP"},
                    {"STATE"},
                    {"CONTENTS", true},
                    {"PASSED", true},
                    {"FAILED", true},
                    {"MISMATCHED", true},
                    {"FILES", true},
                    {"DONE", true},
                    {"OF", true},
                    {"RATE", true},
                    {"ETA", true},
                    {"WHY"}});
  for (const validation_row& row : rows) {
    const bool moves = row.bytes_per_second > 0;
    table.add({{row.distribution_point},
               {std::string(model::name_of(row.state)), colour_of(row)},
               {format("{}/{}", row.contents_done, row.contents)},
               {format("{}", row.passed)},
               {format("{}", row.failed)},
               {format("{}", row.mismatched)},
               {format("{}", row.files)},
               {human_bytes(model::raw(row.bytes_done))},
               {human_bytes(model::raw(row.bytes_total))},
               {moves ? human_rate(row.bytes_per_second) : ""},
               {row.remaining ? human_time(*row.remaining) : ""},
               {row.reason}});
  }
  std::string text = table.text(outside.colour);
  for (const validation_row& row : rows) {
    for (const std::string& finding : row.findings) {
      text += format("{}: {}\n", escaped(row.distribution_point), escaped(finding, 4096));
    }
  }
  return text;
}

/// "dp2: running, 3 of 7 contents, 45 %, 512.0 MiB/s, 12s left"
std::string line_of(const validation_row& row) {
  std::string out =
      format("{}: {}, {} of {}, {:.0f} %", escaped(row.distribution_point),
             model::name_of(row.state), row.contents_done, counted(row.contents, "content"),
             percent_of(model::raw(row.bytes_done), model::raw(row.bytes_total)));
  if (row.failed > 0) { out += format(", {} failed", row.failed); }
  if (row.bytes_per_second > 0) { out += ", " + human_rate(row.bytes_per_second); }
  if (row.remaining) { out += format(", {} left", human_time(*row.remaining)); }
  if (!row.reason.empty()) { out += "; " + escaped(row.reason); }
  return out;
}

/// All distribution points in one line.
std::string summary_of(const std::vector<validation_row>& rows) {
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  std::uint64_t rate = 0;
  std::chrono::seconds left{0};
  for (const validation_row& row : rows) {
    total += model::raw(row.bytes_total);
    done += model::raw(row.bytes_done);
    if (is_over(row)) { continue; }
    rate += row.bytes_per_second;
    left = std::max(left, row.remaining.value_or(std::chrono::seconds{0}));
  }
  std::string out = format("{} of {} ended, {:.0f} % of {}", std::ranges::count_if(rows, is_over),
                           rows.size(), percent_of(done, total), human_bytes(total));
  if (rate > 0) { out += ", " + human_rate(rate); }
  if (left.count() > 0) { out += format(", {} left", human_time(left)); }
  return out;
}

/// 9 when something is wrong; 6 when some, 1 when all of it was aborted.
exit_code code_of(const std::vector<validation_row>& rows) {
  std::size_t aborted = 0;
  for (const validation_row& row : rows) {
    if (row.failed > 0 || row.mismatched > 0) { return exit_code::integrity; }
    if (row.state == validation_state::aborted) { ++aborted; }
  }
  if (aborted == 0) { return exit_code::ok; }
  return aborted == rows.size() ? exit_code::failed : exit_code::partial;
}

answer outcome_of(session& now, model::cycle_id cycle, const std::vector<validation_row>& rows) {
  answer made;
  for (const validation_row& row : rows) { made.items.push_back(json_of(row)); }
  made.text = table_of(now.outside(), rows);
  made.code = code_of(rows);
  if (!std::ranges::all_of(rows, is_over)) {
    made.next = {format("sluice validate --show {} --wait", cycle.text())};
  } else if (made.code != exit_code::ok) {
    made.next = {"sluice status --watch", "sluice messages"};
  }
  return made;
}

result<std::vector<validation_row>> rows_of(session& now, model::cycle_id cycle) {
  return all_rows<validation_row>([&](rpc::page_request page) {
    return now.site().validation_show(session::me(), cycle, page);
  });
}

/// Tells a pipe only what moved: another state, or ten percent more.
class told_rows {
public:
  std::string news(const std::vector<validation_row>& rows) {
    std::string out;
    for (const validation_row& row : rows) {
      const double percent = percent_of(model::raw(row.bytes_done), model::raw(row.bytes_total));
      const std::string now = format("{} {} {} {}", model::name_of(row.state), row.failed,
                                     static_cast<int>(percent / 10), row.reason);
      std::string& before = told_[row.distribution_point];
      if (before == now) { continue; }
      before = now;
      out += line_of(row) + "\n";
    }
    return out;
  }

private:
  std::map<std::string, std::string> told_;
};

result<answer> follow(session& now, model::cycle_id cycle,
                      std::optional<std::chrono::seconds> patience) {
  const world& outside = now.outside();
  const auto started = outside.now();
  told_rows told;
  while (true) {
    const auto rows = rows_of(now, cycle);
    if (!rows) { return rows.error(); }
    const bool all_over = std::ranges::all_of(*rows, is_over);
    if (!now.json() && outside.error_is_terminal) {
      outside.error_output << "\r" << (all_over ? "" : summary_of(*rows)) << "\x1b[K" << std::flush;
    } else if (!now.json()) {
      outside.error_output << told.news(*rows) << std::flush;
    }
    if (all_over) { return outcome_of(now, cycle, *rows); }
    if (patience && outside.now() - started >= *patience) {
      return error{errc::timed_out, 0,
                   format("see validation cycle {} end within {} s ({}); it goes on there",
                          cycle.text(), patience->count(), summary_of(*rows))};
    }
    if (!outside.pause(look_step)) {
      return error{errc::cancelled, 0, format("follow cycle {} to its end", cycle.text())};
    }
  }
}

result<answer> show(session& now, const std::string& text,
                    std::optional<std::chrono::seconds> patience) {
  const auto cycle = model::cycle_id::parse(text);
  if (!cycle) {
    return error{errc::invalid, 0,
                 format("read --show \"{}\" as a cycle, which is 32 hex digits", escaped(text))};
  }
  if (now.call().has("--wait")) { return follow(now, *cycle, patience); }
  const auto rows = rows_of(now, *cycle);
  if (!rows) { return rows.error(); }
  return outcome_of(now, *cycle, *rows);
}

result<rpc::validation_request> request_of(const invocation& call) {
  rpc::validation_request request;
  const auto package = call.maybe("PKG");
  if (package.has_value() == call.has("--all")) {
    return error{errc::invalid, 0, "validate: name one package, or --all, or --show a cycle"};
  }
  if (package) {
    const auto id = model::package_id::parse(*package);
    if (!id) { return id.error(); }
    request.package = *id;
  }
  request.distribution_point = call.maybe("--dp");
  request.priority = model::validation_priority_named(call.maybe("--priority").value_or("lowest"))
                         .value_or(model::validation_priority_default);
  return request;
}

answer begun(const rpc::validation_begun& given) {
  answer made;
  made.items = {json_of(given)};
  std::string names;
  for (const std::string& name : given.began) {
    names += (names.empty() ? "" : ", ") + escaped(name);
  }
  if (!given.began.empty()) {
    made.text += format("Cycle {} begins on {}.\n", given.cycle.text(), names);
    made.next = {format("sluice validate --show {}", given.cycle.text())};
  }
  for (const std::string& warning : given.warnings) {
    made.text += format("Warning: {}\n", escaped(warning, 4096));
  }
  if (!given.unreachable.empty()) {
    made.code = given.began.empty() ? exit_code::unreachable : exit_code::partial;
  }
  return made;
}

}  // namespace

result<answer> validate(session& now) {
  const invocation& call = now.call();
  const auto patience = patience_of(call);
  if (!patience) { return patience.error(); }
  const auto shown = call.maybe("--show");
  if (shown) {
    if (call.maybe("PKG") || call.has("--all") || call.maybe("--dp") || call.maybe("--priority")) {
      return error{errc::invalid, 0, "validate --show: a cycle stands alone"};
    }
    return show(now, *shown, *patience);
  }
  const auto request = request_of(call);
  if (!request) { return request.error(); }
  const auto given = now.another_site(limits::validation_begin_deadline)
                         ->validation_begin(session::me(), *request);
  if (!given) { return given.error(); }
  answer made = begun(*given);
  if (!call.has("--wait") || given->began.empty()) { return made; }
  made.next.clear();
  if (!now.json()) { print_answer(now, made); }
  auto ended = follow(now, given->cycle, *patience);
  if (ended && ended->code == exit_code::ok) { ended->code = made.code; }
  return ended;
}

}  // namespace sluice::cli
