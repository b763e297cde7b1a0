#include "apps/cli_text.hpp"

#include <algorithm>

#include "apps/cli_json.hpp"

namespace sluice::cli {

namespace {

std::string_view sequence_of(colour with) {
  switch (with) {
    case colour::none: return "";
    case colour::good: return "\x1b[32m";
    case colour::busy: return "\x1b[33m";
    case colour::bad: return "\x1b[31m";
    case colour::faint: return "\x1b[2m";
  }
  return "";
}

/// Code points; the text is well-formed UTF-8, as it was escaped.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char letter) { return (static_cast<unsigned char>(letter) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string painted(std::string_view text, colour with, bool use_colour) {
  if (!use_colour || with == colour::none || text.empty()) { return std::string(text); }
  return format("{}{}\x1b[0m", sequence_of(with), text);
}

void text_table::add(std::vector<table_cell> cells) {
  SLUICE_CHECK(cells.size() == columns_.size());
  for (table_cell& cell : cells) { cell.text = escaped(cell.text); }
  rows_.push_back(std::move(cells));
}

std::string text_table::text(bool use_colour) const {
  std::vector<std::size_t> widths;
  for (const column& each : columns_) { widths.push_back(each.title.size()); }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i].text));
    }
  }
  std::string out;
  const auto print_row = [&](const std::vector<table_cell>& row) {
    std::string line;
    std::size_t owed = 0;  // spaces that are only printed when something follows
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t missing = widths[i] - width_of(row[i].text);
      if (columns_[i].right) { owed += missing; }
      if (!row[i].text.empty()) {
        line.append(owed, ' ');
        owed = 0;
        line += painted(row[i].text, row[i].paint, use_colour);
      }
      owed += 2 + (columns_[i].right ? 0 : missing);
    }
    out += line + "\n";
  };
  std::vector<table_cell> titles;
  for (const column& each : columns_) {
    titles.push_back({std::string(each.title), colour::faint});
  }
  print_row(titles);
  for (const auto& row : rows_) { print_row(row); }
  return out;
}

void text_fields::add(std::string_view label, std::string_view value) {
  if (!value.empty()) { rows_.emplace_back(label, escaped(value, 4096)); }
}

std::string text_fields::text() const {
  std::size_t width = 0;
  for (const auto& [label, value] : rows_) { width = std::max(width, label.size()); }
  std::string out;
  for (const auto& [label, value] : rows_) { out += format("{:<{}}  {}\n", label, width, value); }
  return out;
}

std::string counted(std::uint64_t number, std::string_view thing) {
  return format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::string_view units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) { return format("{} B", bytes); }
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < std::size(units)) {
    value /= 1024;
    ++unit;
  }
  return format("{:.1f} {}", value, units[unit]);
}

std::string human_rate(std::uint64_t bytes_per_second) {
  return human_bytes(bytes_per_second) + "/s";
}

std::string human_time(std::chrono::seconds span) {
  const auto seconds = span.count() < 0 ? 0 : span.count();
  if (seconds < 60) { return format("{}s", seconds); }
  if (seconds < 3600) { return format("{}m {:02}s", seconds / 60, seconds % 60); }
  if (seconds < 86400) { return format("{}h {:02}m", seconds / 3600, seconds / 60 % 60); }
  return format("{}d {:02}h", seconds / 86400, seconds / 3600 % 24);
}

std::string human_when(model::calendar_time time, model::calendar_time now) {
  std::string stamp = iso_time(time).substr(0, 19) + "Z";
  stamp[10] = ' ';
  const auto apart = std::chrono::duration_cast<std::chrono::seconds>(now - time);
  if (apart.count() >= 0) { return format("{} ({} ago)", stamp, human_time(apart)); }
  return format("{} (in {})", stamp, human_time(-apart));
}

}  // namespace sluice::cli
