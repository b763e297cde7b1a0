#include <algorithm>
#include <charconv>
#include <ostream>

#include "apps/cli_follow.hpp"
#include "apps/cli_verbs.hpp"

namespace sluice::cli {

namespace {

constexpr std::chrono::milliseconds watch_step{1000};
constexpr std::uint32_t messages_when_not_given = 50;

struct status_scope {
  std::optional<model::package_id> package;
  std::optional<std::string> distribution_point;
};

answer status_answer(const world& outside, const std::vector<model::distribution_row>& rows) {
  answer made;
  for (const auto& row : rows) { made.items.push_back(json_of(row)); }
  made.text = rows.empty() ? "Nothing is distributed.\n" : distribution_table(outside, rows);
  if (rows.empty()) { made.next = {"sluice distribute PKG --dp NAME"}; }
  for (const auto& row : rows) {
    const bool stuck = row.bucket == model::console_bucket::failed || !row.reason.empty();
    if (stuck && made.next.empty()) {
      made.next = {format("sluice why {} --dp {}", row.package.text(), row.distribution_point)};
    }
  }
  return made;
}

/// Until interrupted: redraws a terminal; a pipe gets lines, or with --json objects, of what moved.
result<answer> watch(session& now, const status_scope& scope) {
  const world& outside = now.outside();
  told_lines told;
  std::string last_items;
  while (true) {
    const auto rows = distribution_rows(now, scope.package, scope.distribution_point);
    if (!rows) { return rows.error(); }
    const answer seen = status_answer(outside, *rows);
    if (now.json()) {
      std::string items;
      for (const json_item& item : seen.items) { items += item.text; }
      if (items != last_items || seen.items.empty()) { print_answer(now, seen); }
      last_items = items;
    } else if (outside.output_is_terminal) {
      outside.output << "\x1b[H\x1b[2J";
      print_answer(now, seen);
    } else {
      outside.output << told.news(*rows) << std::flush;
    }
    if (!outside.pause(watch_step)) { break; }
  }
  return answer{exit_code::ok, {}, "", {}, true};
}

answer why_answer(session& now, const model::why_report& report) {
  const auto clock = now.outside().now();
  const auto at = [&](const std::optional<model::calendar_time>& time, std::string_view word) {
    return time ? format(", {} {}", word, human_when(*time, clock)) : std::string();
  };
  text_fields fields;
  fields.add("it", report.doing + at(report.since, "since"));
  if (!report.next.empty()) { fields.add("then", report.next + at(report.next_time, "at")); }
  fields.add("to help", report.unblock);
  answer made{exit_code::ok, {json_of(report)}, escaped(report.subject) + "\n" + fields.text(), {}};
  if (!report.sources.empty()) {
    text_table table({{"SOURCE"}, {"PRIORITY", true}, {"VERDICT"}});
    for (const model::why_source& source : report.sources) {
      table.add({{source.name}, {format("{}", source.priority)}, {source.verdict}});
    }
    made.text += "\n" + table.text(now.outside().colour);
  }
  return made;
}

colour colour_of(model::severity value) {
  switch (value) {
    case model::severity::info: return colour::none;
    case model::severity::warning: return colour::busy;
    case model::severity::error: return colour::bad;
  }
  return colour::none;
}

result<std::uint32_t> count_of(const invocation& call) {
  const std::string text = call.maybe("--last").value_or(format("{}", messages_when_not_given));
  std::uint32_t count = 0;
  const auto number = std::from_chars(text.data(), text.data() + text.size(), count);
  if (number.ec != std::errc{} || number.ptr != text.data() + text.size() || count == 0) {
    return error{errc::invalid, 0, format("read --last \"{}\" as a count of messages", text)};
  }
  return count;
}

/// The last `count` rows; pages come newest first, the answer is oldest first.
result<std::vector<model::message_row>> last_messages(session& now, std::uint32_t count) {
  std::vector<model::message_row> rows;
  while (rows.size() < count) {
    const auto seen = static_cast<std::uint32_t>(rows.size());
    const auto page =
        now.site().messages(session::me(), {seen, std::min(count - seen, limits::list_page_rows)});
    if (!page) { return page.error(); }
    if (page->rows.empty()) { break; }
    rows.insert(rows.end(), page->rows.begin(), page->rows.end());
  }
  if (rows.size() > count) { rows.resize(count); }
  std::ranges::reverse(rows);
  return rows;
}

}  // namespace

result<answer> status(session& now) {
  const auto text = now.call().maybe("PKG");
  if (now.node()) {
    if (text || now.call().maybe("--dp") || now.call().has("--watch")) {
      return error{errc::invalid, 0,
                   "ask a node about one package here; type: sluice --node why PKG"};
    }
    return node_status(now);
  }
  status_scope scope{std::nullopt, now.call().maybe("--dp")};
  if (text) {
    const auto id = model::package_id::parse(*text);
    if (!id) { return id.error(); }
    scope.package = *id;
  }
  if (now.call().has("--watch")) { return watch(now, scope); }
  const auto rows = distribution_rows(now, scope.package, scope.distribution_point);
  if (!rows) { return rows.error(); }
  return status_answer(now.outside(), *rows);
}

result<answer> job_list(session& now) {
  auto rows = distribution_rows(now, std::nullopt, now.call().maybe("--dp"));
  if (!rows) { return rows.error(); }
  std::erase_if(*rows, [](const auto& row) { return !row.job; });
  answer made;
  text_table table(
      {{"JOB"}, {"PACKAGE"}, {"DP"}, {"STATE"}, {"%", true}, {"RATE", true}, {"SOURCE"}});
  for (const auto& row : *rows) {
    made.items.push_back(json_of(row));
    table.add({{row.job->text()},
               {format("{}.{}", row.package.text(), row.version)},
               {row.distribution_point},
               {row.job_state ? std::string(model::name_of(*row.job_state)) : ""},
               {format("{}", row.percent)},
               {row.bytes_per_second > 0 ? human_rate(row.bytes_per_second) : ""},
               {row.source}});
  }
  made.text = table.empty() ? "There are no jobs.\n" : table.text(now.outside().colour);
  made.next = {table.empty() ? "sluice status" : "sluice job show JOB"};
  return made;
}

result<answer> job_show(session& now) {
  const auto id = model::job_id::parse(now.call().one("JOB"));
  if (!id) {
    return error{errc::invalid, 0,
                 format("read \"{}\" as a job id of 32 hex digits", now.call().one("JOB"))};
  }
  const auto row = now.site().job_show(session::me(), *id);
  if (!row) { return row.error(); }
  text_fields fields;
  const auto clock = now.outside().now();
  fields.add("job", id->text());
  fields.add("package", format("{}.{}", row->package.text(), row->version));
  fields.add("dp", row->distribution_point);
  fields.add("bucket", model::name_of(row->bucket));
  fields.add("state", model::name_of(row->state));
  fields.add("job state", row->job_state ? model::name_of(*row->job_state) : "");
  fields.add("done",
             format("{} % ({} of {})", row->percent, human_bytes(model::raw(row->bytes_done)),
                    human_bytes(model::raw(row->bytes_total))));
  fields.add("transferred", human_bytes(model::raw(row->bytes_transferred)));
  fields.add("pieces verified", format("{}", row->pieces_verified));
  fields.add("rate", row->bytes_per_second > 0 ? human_rate(row->bytes_per_second) : "");
  fields.add("left", row->remaining ? human_time(*row->remaining) : "");
  fields.add("source", row->source);
  fields.add("next try", row->next_try ? human_when(*row->next_try, clock) : "");
  fields.add("why", row->reason);
  fields.add("changed", human_when(row->changed, clock));
  return answer{exit_code::ok,
                {json_of(*row)},
                fields.text(),
                {format("sluice why {} --dp {}", row->package.text(), row->distribution_point)}};
}

result<answer> why(session& now) {
  const auto id = model::package_id::parse(now.call().one("PKG"));
  if (!id) { return id.error(); }
  const auto point = now.call().maybe("--dp");
  if (now.node()) {
    if (point) { return error{errc::invalid, 0, "ask this node about another; leave out --dp"}; }
    const auto report = now.local_node().node_why(session::me(), *id);
    if (!report) { return report.error(); }
    return why_answer(now, *report);
  }
  if (!point) {
    return error{
        errc::invalid, 0,
        format("say why without a distribution point; type: sluice why {} --dp NAME", id->text())};
  }
  const auto report = now.site().why(session::me(), *id, *point);
  if (!report) { return report.error(); }
  return why_answer(now, *report);
}

result<answer> messages(session& now) {
  const auto count = count_of(now.call());
  if (!count) { return count.error(); }
  const auto rows = last_messages(now, *count);
  if (!rows) { return rows.error(); }
  answer made;
  text_table table({{"TIME"}, {"SEVERITY"}, {"SYSTEM"}, {"ID", true}, {"MESSAGE"}});
  for (const model::message_row& row : *rows) {
    made.items.push_back(json_of(row));
    const auto* known = model::find_in_catalogue(row.message.id);
    table.add({{iso_time(row.message.time)},
               known == nullptr ? table_cell{}
                                : table_cell{std::string(model::name_of(known->severity)),
                                             colour_of(known->severity)},
               {row.system},
               {format("{}", row.message.id)},
               {model::sentence_of(row.message)}});
  }
  made.text = table.empty() ? "There are no messages.\n" : table.text(now.outside().colour);
  return made;
}

result<answer> catalogue(session& now) {
  const auto wanted = now.call().maybe("ID");
  answer made;
  text_table table({{"ID", true}, {"SEVERITY"}, {"COMPONENT"}, {"TYPE"}, {"MESSAGE"}});
  for (const model::catalogue_row& row : model::status_catalogue()) {
    const std::string id = format("{}", row.id);
    if (wanted && id != *wanted) { continue; }
    made.items.push_back(json_of(row));
    table.add({{id},
               {std::string(model::name_of(row.severity)), colour_of(row.severity)},
               {std::string(model::name_of(row.component))},
               {std::string(model::name_of(row.type))},
               {std::string(row.sentence)}});
  }
  if (table.empty()) {
    return error{
        errc::not_found, 0,
        format("find status message {}; all are listed by: sluice catalogue", escaped(*wanted))};
  }
  made.text = table.text(now.outside().colour);
  return made;
}

}  // namespace sluice::cli
