#include <algorithm>
#include <charconv>

#include "apps/cli_definition.hpp"
#include "apps/cli_text.hpp"
#include "apps/cli_verbs.hpp"

namespace sluice::cli {

namespace {

constexpr std::uint32_t priority_when_not_given = 1;

/// "dp1:2"; the priority may be left out.
result<model::source_choice> parse_source(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  model::source_choice made{text.substr(0, colon), priority_when_not_given};
  if (colon != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto parsed_number = std::from_chars(text.data() + colon + 1, end, made.priority);
    if (parsed_number.ec != std::errc{} || parsed_number.ptr != end) { made.name.clear(); }
  }
  if (made.name.empty()) {
    return error{errc::invalid, 0,
                 format("read \"{}\" as NAME:PRIORITY, a distribution point and a number", text)};
  }
  return made;
}

result<rpc::distribution_point_request> request_of(const invocation& call) {
  rpc::distribution_point_request request;
  request.name = call.one("NAME");
  request.control_address = call.maybe("--address");
  if (const auto mode = call.maybe("--mode")) {
    request.mode = *mode == "pull" ? model::distribution_point_mode::pull
                                   : model::distribution_point_mode::standard;
  }
  if (const auto text = call.maybe("--schedule")) {
    auto schedule = model::parse_schedule(*text);
    if (!schedule) { return schedule.error(); }
    request.schedule = std::move(*schedule);
  }
  if (const auto text = call.maybe("--maintenance")) { request.maintenance = *text == "on"; }
  if (const auto text = call.maybe("--prestaged")) { request.prestaged = *text == "on"; }
  if (const auto text = call.maybe("--rate-limit")) {
    auto limit = model::parse_rate_limit(*text);
    if (!limit) { return limit.error(); }
    request.limit = *limit;
  }
  const std::vector<std::string> sources = call.all("--source");
  if (!sources.empty()) { request.sources.emplace(); }
  for (const std::string& text : sources) {
    const auto source = parse_source(text);
    if (!source) { return source.error(); }
    request.sources->push_back(*source);
  }
  return request;
}

std::string sources_of(const model::distribution_point_row& row) {
  std::string out;
  for (const model::source_choice& source : row.sources) {
    out += format("{}{}:{}", out.empty() ? "" : " ", source.name, source.priority);
  }
  return out;
}

table_cell health_cell(const model::distribution_point_row& row, model::calendar_time clock) {
  const model::health_verdict verdict = model::health_of(row, clock);
  const std::string text = verdict.reason.empty()
                               ? std::string(model::name_of(verdict.health))
                               : format("{}: {}", model::name_of(verdict.health), verdict.reason);
  switch (verdict.health) {
    case model::point_health::success: return {text, colour::good};
    case model::point_health::error: return {text, colour::bad};
    default: return {text, colour::busy};
  }
}

/// E4 to E6: kept while it pulls, and without effect.
void add_pacing(text_fields& fields, const model::distribution_point_row& row, bool all) {
  const bool pulls = row.mode == model::distribution_point_mode::pull;
  if (row.own || (pulls && !all)) { return; }
  const std::string_view note = pulls ? "   inactive (pull)" : "";
  fields.add("schedule", format("{}{}", model::text_of(row.schedule), note));
  fields.add("rate limit", format("{}{}", model::text_of(row.limit), note));
}

answer shown(session& now, const model::distribution_point_row& row, std::vector<std::string> next,
             bool all = false) {
  text_fields fields;
  const auto clock = now.outside().now();
  fields.add("name", row.own ? row.name + " (the site server's own)" : row.name);
  fields.add("mode", name_of(row.mode));
  fields.add("control", row.control_address);
  fields.add("content", row.content_address.empty() ? "" : "http://" + row.content_address);
  fields.add("sources", sources_of(row));
  add_pacing(fields, row, all);
  fields.add("node", row.node ? row.node->text() : "has not registered yet");
  fields.add("heard", row.last_heard ? human_when(*row.last_heard, clock) : "never");
  fields.add("contents", format("{}", row.contents));
  fields.add("jobs", format("{}", row.jobs));
  if (row.maintenance) { fields.add("maintenance", "on"); }
  if (row.prestaged) { fields.add("prestaged", "on"); }
  fields.add("health", health_cell(row, clock).text);
  return {exit_code::ok, {json_of(row)}, fields.text(), std::move(next)};
}

std::string next_of(const model::distribution_point_row& row) {
  return row.node
             ? format("sluice distribute PKG --dp {}", row.name)
             : format("sluice dp show {}   (once sluiced runs there with this site)", row.name);
}

/// Sets the sources of a distribution point to what `change` makes of them.
template <typename Change>
result<answer> change_sources(session& now, Change change) {
  const std::string& name = now.call().one("NAME");
  auto row = now.site().distribution_point_show(session::me(), name);
  if (!row) { return row.error(); }
  const result<void> changed = change(row->sources);
  if (!changed) { return changed.error(); }
  rpc::distribution_point_request request;
  request.name = name;
  request.sources = row->sources;
  const auto made = now.site().distribution_point_set(session::me(), request);
  if (!made) { return made.error(); }
  return shown(now, *made, {next_of(*made)});
}

}  // namespace

result<answer> distribution_point_add(session& now) {
  auto request = request_of(now.call());
  if (!request) { return request.error(); }
  if (!request->mode) {  // sources are for those who pull
    request->mode = request->sources ? model::distribution_point_mode::pull
                                     : model::distribution_point_mode::standard;
  }
  const auto row = now.site().distribution_point_add(session::me(), *request);
  if (!row) { return row.error(); }
  return shown(now, *row, {next_of(*row)});
}

/// A7: all that is under way to it.
result<void> cancel_jobs(session& now, const std::string& name) {
  rpc::status_query query;
  query.distribution_point = name;
  const auto rows = all_rows<model::distribution_row>([&](rpc::page_request page) {
    query.page = page;
    return now.site().status(session::me(), query);
  });
  if (!rows) { return rows.error(); }
  for (const model::distribution_row& row : *rows) {
    if (row.bucket != model::console_bucket::in_progress) { continue; }
    rpc::cancel_request request;
    request.package = row.package;
    request.distribution_points = {name};
    const auto cancelled = now.site().cancel(session::me(), request);
    if (!cancelled) { return cancelled.error(); }
  }
  return {};
}

result<answer> distribution_point_set(session& now) {
  const auto request = request_of(now.call());
  if (!request) { return request.error(); }
  if (*request == rpc::distribution_point_request{.name = request->name}) {
    return error{errc::invalid, 0,
                 format("change {}: nothing to set; give --address, --mode, --source, --schedule, "
                        "--rate-limit, --maintenance or --prestaged",
                        request->name)};
  }
  const auto row = now.site().distribution_point_set(session::me(), *request);
  if (!row) { return row.error(); }
  if (now.call().has("--cancel")) {
    const auto cancelled = cancel_jobs(now, row->name);
    if (!cancelled) { return cancelled.error(); }
  }
  return shown(now, *row, {format("sluice dp show {}", row->name)});
}

result<answer> distribution_point_list(session& now) {
  const auto rows = all_rows<model::distribution_point_row>([&](rpc::page_request page) {
    return now.site().distribution_point_list(session::me(), page);
  });
  if (!rows) { return rows.error(); }
  answer made;
  text_table table({{"NAME"},
                    {"MODE"},
                    {"CONTROL"},
                    {"CONTENTS", true},
                    {"JOBS", true},
                    {"SOURCES"},
                    {"HEARD"},
                    {"HEALTH"}});
  const auto clock = now.outside().now();
  for (const model::distribution_point_row& row : *rows) {
    made.items.push_back(json_of(row));
    table.add({{row.name},
               {row.own ? "own" : std::string(name_of(row.mode))},
               {row.control_address},
               {format("{}", row.contents)},
               {format("{}", row.jobs)},
               {sources_of(row)},
               row.last_heard ? table_cell{human_when(*row.last_heard, clock)}
                              : table_cell{"never", colour::busy},
               health_cell(row, clock)});
  }
  if (table.empty()) {
    made.text = "The site has no distribution points.\n";
    made.next = {"sluice dp add NAME --address HOST:PORT --mode pull --source NAME:PRIORITY"};
  } else {
    made.text = table.text(now.outside().colour);
  }
  return made;
}

result<answer> distribution_point_show(session& now) {
  const auto row = now.site().distribution_point_show(session::me(), now.call().one("NAME"));
  if (!row) { return row.error(); }
  return shown(now, *row, {format("sluice status --dp {}", row->name)}, now.call().has("--all"));
}

result<answer> distribution_point_remove(session& now) {
  const std::string& name = now.call().one("NAME");
  const bool keep_content = now.call().has("--keep-content");
  const auto removed = now.site().distribution_point_remove(session::me(), name, keep_content);
  if (!removed) { return removed.error(); }
  const auto left = now.site().distribution_point_show(session::me(), name);
  if (!left) {
    return answer{exit_code::ok, {}, format("{} is removed.\n", escaped(name)), {"sluice dp list"}};
  }
  return answer{
      exit_code::ok,
      {},
      format("{} is leaving: its content is removed, and then it is forgotten.\n", escaped(name)),
      {format("sluice status --dp {}", name)}};
}

result<answer> source_candidates(session& now) {
  const std::string& name = now.call().one("NAME");
  const auto rows = now.site().distribution_point_candidates(session::me(), name);
  if (!rows) { return rows.error(); }
  answer made;
  text_table table({{"NAME"}, {"SOURCE"}, {"REMARK"}});
  for (const model::source_candidate& row : *rows) {
    made.items.push_back(json_of(row));
    table.add({{row.name},
               row.qualified ? table_cell{"yes"} : table_cell{"no", colour::busy},
               {row.reason}});
  }
  made.text = table.empty() ? "The site has no other distribution points.\n"
                            : table.text(now.outside().colour);
  made.next = {format("sluice dp source add {} NAME:PRIORITY", name)};
  return made;
}

result<answer> distribution_point_settings(session& now) {
  const std::string& name = now.call().one("NAME");
  const auto rows = now.site().distribution_point_settings(session::me(), name);
  if (!rows) { return rows.error(); }
  const bool all = now.call().has("--effective");
  answer made;
  text_table table({{"SETTING"}, {"VALUE"}, {"ORIGIN"}});
  for (const model::setting_row& row : *rows) {
    if (!all && row.origin == "default") { continue; }
    made.items.push_back(json_of(row));
    table.add({{row.name}, {row.value}, {row.origin}});
  }
  made.text = table.text(now.outside().colour);
  if (!all) { made.next = {format("sluice dp settings {} --effective", name)}; }
  return made;
}

result<answer> source_add(session& now) {
  const auto source = parse_source(now.call().one("SOURCE:PRIORITY"));
  if (!source) { return source.error(); }
  return change_sources(now, [&](std::vector<model::source_choice>& sources) -> result<void> {
    const auto found = std::ranges::find(sources, source->name, &model::source_choice::name);
    if (found == sources.end()) {
      sources.push_back(*source);
    } else {
      found->priority = source->priority;
    }
    return {};
  });
}

result<answer> source_remove(session& now) {
  const std::string& source = now.call().one("SOURCE");
  return change_sources(now, [&](std::vector<model::source_choice>& sources) -> result<void> {
    if (std::erase_if(sources, [&](const auto& each) { return each.name == source; }) == 0) {
      return error{errc::not_found, 0,
                   format("take {} from the sources of {}; it is none of them", source,
                          now.call().one("NAME"))};
    }
    return {};
  });
}

}  // namespace sluice::cli
