#include <algorithm>
#include <charconv>

#include "apps/cli_definition.hpp"
#include "apps/cli_text.hpp"
#include "apps/cli_verbs.hpp"

/// The distribution point usage summary (features M12, D11).
namespace sluice::cli {

namespace {

using model::distribution_point_row;
using model::usage_window;

constexpr std::string_view csv_head =
    "distribution_point,days,accessed,clients,distribution_points,bytes,client_bytes,"
    "distribution_point_bytes,changed,last_heard\n";

/// RFC 4180: a field that holds what separates fields stands between quotes.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) { return text; }
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"') { quoted += '"'; }
    quoted += letter;
  }
  return quoted + "\"";
}

std::string csv_time(const std::optional<model::calendar_time>& when) {
  return when ? model::iso_time(*when) : "";
}

/// What is not known is empty.
std::string csv_line(const distribution_point_row& row, std::uint32_t days,
                     const std::optional<usage_window>& of) {
  const std::string times = format("{},{}", csv_time(row.usage_changed), csv_time(row.last_heard));
  if (!of) { return format("{},{},,,,,,,{}\n", csv_field(row.name), days, times); }
  return format("{},{},{},{},{},{},{},{},{}\n", csv_field(row.name), days, of->accessed(),
                of->clients, of->distribution_points, of->bytes(), of->client_bytes,
                of->distribution_point_bytes, times);
}

void add_row(text_table& table, const distribution_point_row& row,
             const std::optional<usage_window>& of, model::calendar_time clock) {
  if (!of) {
    const std::string why = row.usage.empty() || !row.last_heard
                                ? "not told yet"
                                : "not heard of since " + human_when(*row.last_heard, clock);
    table.add({{row.name}, {"-"}, {"-"}, {"-"}, {"-"}, {"-"}, {"-"}, {why}});
    return;
  }
  table.add({{row.name},
             {format("{}", of->accessed())},
             {format("{}", of->clients)},
             {format("{}", of->distribution_points)},
             {human_bytes(of->bytes())},
             {human_bytes(of->client_bytes)},
             {human_bytes(of->distribution_point_bytes)},
             {row.usage_changed ? human_when(*row.usage_changed, clock) : ""}});
}

result<std::vector<distribution_point_row>> wanted_rows(session& now) {
  if (const auto name = now.call().maybe("--dp")) {
    auto row = now.site().distribution_point_show(session::me(), std::string(*name));
    if (!row) { return row.error(); }
    return std::vector{std::move(*row)};
  }
  return all_rows<distribution_point_row>([&](rpc::page_request page) {
    return now.site().distribution_point_list(session::me(), page);
  });
}

}  // namespace

result<answer> usage(session& now) {
  std::uint32_t days = model::usage_days.back();
  if (const auto text = now.call().maybe("--days")) {  // one of those that are kept
    std::from_chars(text->data(), text->data() + text->size(), days);
  }
  const auto rows = wanted_rows(now);
  if (!rows) { return rows.error(); }
  answer made;
  text_table table({{"NAME"},
                    {"ACCESSED", true},
                    {"CLIENTS", true},
                    {"DPS", true},
                    {"SENT", true},
                    {"TO CLIENTS", true},
                    {"TO DPS", true},
                    {"CHANGED"}});
  std::string csv(csv_head);
  const model::calendar_time clock = now.outside().now();
  for (const distribution_point_row& row : *rows) {
    const auto of = model::usage_of(row, days, clock);
    made.items.push_back(json_of_usage(row, days, of));
    add_row(table, row, of, clock);
    csv += csv_line(row, days, of);
  }
  if (now.call().has("--csv")) {
    made.text = std::move(csv);
    return made;
  }
  if (table.empty()) {
    made.text = "The site has no distribution points.\n";
    made.next = {"sluice dp add NAME --address HOST:PORT --mode pull --source NAME:PRIORITY"};
    return made;
  }
  made.text = format("The last {} day{} (UTC), today included:\n", days, days == 1 ? "" : "s") +
              table.text(now.outside().colour);
  return made;
}

}  // namespace sluice::cli
