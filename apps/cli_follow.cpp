#include "apps/cli_follow.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>

#include "apps/cli_definition.hpp"

namespace sluice::cli {

namespace {

using model::console_bucket;

constexpr std::chrono::milliseconds follow_step{500};

colour colour_of(console_bucket bucket) {
  switch (bucket) {
    case console_bucket::success: return colour::good;
    case console_bucket::in_progress: return colour::busy;
    case console_bucket::unknown: return colour::faint;
    case console_bucket::failed: return colour::bad;
  }
  return colour::none;
}

bool moving(const model::distribution_row& row) { return row.bytes_per_second > 0; }

std::string bucket_counts(const std::vector<model::distribution_row>& rows) {
  std::array<std::size_t, 5> counts{};
  for (const auto& row : rows) { ++counts.at(static_cast<std::size_t>(row.bucket)); }
  return format("{}: {} success, {} in progress, {} unknown, {} failed\n",
                counted(rows.size(), "target"), counts[1], counts[2], counts[3], counts[4]);
}

std::string detail_of(const model::distribution_row& row, model::calendar_time now) {
  std::string out = row.reason;
  if (row.next_try) {
    out += format("{}next try {}", out.empty() ? "" : "; ", human_when(*row.next_try, now));
    if (row.tries_left > 0) { out += format(", {} left", row.tries_left); }
  }
  return out;
}

bool ended(const model::distribution_row& row) {
  return row.bucket == console_bucket::success || row.bucket == console_bucket::failed;
}

/// One line for all: "1 of 2 ended, 45 %, 512.0 MiB/s, 12s left".
std::string summary_of(const std::vector<model::distribution_row>& rows) {
  std::uint64_t total = 0;
  std::uint64_t done = 0;
  std::uint64_t rate = 0;
  std::chrono::seconds left{0};
  for (const auto& row : rows) {
    total += model::raw(row.bytes_total);
    done += model::raw(row.bytes_done);
    if (ended(row)) { continue; }
    rate += row.bytes_per_second;
    left = std::max(left, row.remaining.value_or(std::chrono::seconds{0}));
  }
  const double part = total == 0 ? 0 : static_cast<double>(done) * 100 / static_cast<double>(total);
  std::string out =
      format("{} of {} ended, {:.0f} %", std::ranges::count_if(rows, ended), rows.size(), part);
  if (rate > 0) { out += ", " + human_rate(rate); }
  if (left.count() > 0) { out += format(", {} left", human_time(left)); }
  return out;
}

answer outcome_of(session& now, model::package_id package,
                  const std::vector<model::distribution_row>& rows) {
  answer made;
  for (const auto& row : rows) { made.items.push_back(json_of(row)); }
  made.text = distribution_table(now.outside(), rows);
  const auto failed =
      std::ranges::count(rows, console_bucket::failed, [](const auto& row) { return row.bucket; });
  for (const auto& row : rows) {
    if (row.bucket != console_bucket::failed) { continue; }
    made.next.push_back(format("sluice why {} --dp {}", package.text(), row.distribution_point));
  }
  if (failed > 0) {
    made.code =
        static_cast<std::size_t>(failed) == rows.size() ? exit_code::failed : exit_code::partial;
  }
  return made;
}

}  // namespace

result<std::vector<model::distribution_row>> distribution_rows(
    session& now, const std::optional<model::package_id>& package,
    const std::optional<std::string>& distribution_point) {
  return all_rows<model::distribution_row>([&](rpc::page_request page) {
    return now.site().status(session::me(), {package, distribution_point, page});
  });
}

std::string distribution_table(const world& outside,
                               const std::vector<model::distribution_row>& rows) {
  text_table table({{"PACKAGE"},
                    {"DP"},
                    {"BUCKET"},
                    {"STATE"},
                    {"%", true},
                    {"DONE", true},
                    {"RATE", true},
                    {"ETA", true},
                    {"SOURCE"},
                    {"WHY"}});
  const auto now = outside.now();
  for (const auto& row : rows) {
    table.add({{format("{}.{}", row.package.text(), row.version)},
               {row.distribution_point},
               {std::string(model::name_of(row.bucket)), colour_of(row.bucket)},
               {std::string(model::name_of(row.state))},
               {format("{}", row.percent)},
               {human_bytes(model::raw(row.bytes_done))},
               {moving(row) ? human_rate(row.bytes_per_second) : ""},
               {row.remaining ? human_time(*row.remaining) : ""},
               {row.source},
               {detail_of(row, now)}});
  }
  return table.text(outside.colour) + bucket_counts(rows);
}

std::string distribution_line(const model::distribution_row& row) {
  std::string out =
      format("{}.{} on {}: {}, {} %", row.package.text(), row.version,
             escaped(row.distribution_point), model::name_of(row.bucket), row.percent);
  if (model::raw(row.bytes_total) > 0) {
    out += format(", {} of {}", human_bytes(model::raw(row.bytes_done)),
                  human_bytes(model::raw(row.bytes_total)));
  }
  if (moving(row)) { out += ", " + human_rate(row.bytes_per_second); }
  if (row.remaining) { out += format(", {} left", human_time(*row.remaining)); }
  if (!row.source.empty()) { out += ", from " + escaped(row.source); }
  if (!row.reason.empty()) { out += "; " + escaped(row.reason); }
  return out;
}

std::string told_lines::news(const std::vector<model::distribution_row>& rows) {
  std::string out;
  for (const auto& row : rows) {
    const std::string key = format("{} {}", row.package.text(), row.distribution_point);
    const std::string now =
        format("{} {} {} {} {} {}", row.version, model::name_of(row.bucket),
               model::name_of(row.state), row.percent / 10, row.source, row.reason);
    std::string& before = told_[key];
    if (before == now) { continue; }
    before = now;
    out += distribution_line(row) + "\n";
  }
  return out;
}

result<std::optional<std::chrono::seconds>> patience_of(const invocation& call) {
  const auto text = call.maybe("--timeout");
  if (!text) { return std::optional<std::chrono::seconds>(); }
  std::uint32_t seconds = 0;
  const auto number = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (number.ec != std::errc{} || number.ptr != text->data() + text->size()) {
    return error{errc::invalid, 0, format("read --timeout \"{}\" as a number of seconds", *text)};
  }
  return std::optional(std::chrono::seconds{seconds});
}

result<answer> follow_to_end(session& now, model::package_id package,
                             const std::vector<std::string>& distribution_points,
                             std::optional<std::chrono::seconds> patience) {
  const world& outside = now.outside();
  const auto started = outside.now();
  told_lines told;
  while (true) {
    auto rows = distribution_rows(now, package, std::nullopt);
    if (!rows) { return rows.error(); }
    std::erase_if(*rows, [&](const model::distribution_row& row) {
      return std::ranges::find(distribution_points, row.distribution_point) ==
             distribution_points.end();
    });
    const bool all_ended =
        rows->size() >= distribution_points.size() && std::ranges::all_of(*rows, ended);
    if (!now.json() && outside.error_is_terminal) {
      outside.error_output << "\r" << (all_ended ? "" : package.text() + ": " + summary_of(*rows))
                           << "\x1b[K" << std::flush;
    } else if (!now.json()) {
      outside.error_output << told.news(*rows) << std::flush;
    }
    if (all_ended) { return outcome_of(now, package, *rows); }
    if (patience && outside.now() - started >= *patience) {
      return error{errc::timed_out, 0,
                   format("see {} end on all its targets within {} s ({}); it goes on there",
                          package.text(), patience->count(), summary_of(*rows))};
    }
    if (!outside.pause(follow_step)) {
      return error{errc::cancelled, 0, format("follow {} to its end", package.text())};
    }
  }
}

}  // namespace sluice::cli
