#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

/// Text for a human. Everything a cell or a field is given counts as text from outside and is
/// escaped.
namespace sluice::cli {

enum class colour : std::uint8_t { none, good, busy, bad, faint };
std::string painted(std::string_view text, colour with, bool use_colour);

struct table_cell {
  std::string text;
  colour paint = colour::none;
};

/// Rows in aligned columns, two spaces between; nothing trails a line.
class text_table {
public:
  struct column {
    std::string_view title;
    bool right = false;  ///< numbers
  };
  explicit text_table(std::vector<column> columns) : columns_(std::move(columns)) {}

  /// Exactly one cell a column.
  void add(std::vector<table_cell> cells);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  [[nodiscard]] std::string text(bool use_colour) const;

private:
  std::vector<column> columns_;
  std::vector<std::vector<table_cell>> rows_;
};

/// "label   value" lines, aligned; fields without a value are left out.
class text_fields {
public:
  void add(std::string_view label, std::string_view value);
  [[nodiscard]] std::string text() const;

private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

std::string counted(std::uint64_t number, std::string_view thing);  ///< "1 file", "2 files"
std::string human_bytes(std::uint64_t bytes);                       ///< "1.4 GiB"
std::string human_rate(std::uint64_t bytes_per_second);             ///< "812.0 MiB/s"
std::string human_time(std::chrono::seconds span);  ///< "45s", "3m 12s", "1h 02m", "2d 03h"
/// "2026-01-31 12:00:00Z (3m 12s ago)" or "(in 45s)".
std::string human_when(model::calendar_time time, model::calendar_time now);

}  // namespace sluice::cli
