#include "storage/site_values.hpp"

#include <sqlite3.h>

#include <cstring>

namespace sluice::storage {

namespace {

[[noreturn]] void damaged(const SQLite::Column& column) {
  throw SQLite::Exception(format("column {} holds what was never written there", column.getName()),
                          SQLITE_CORRUPT);
}

}  // namespace

void parameters::put_one(const std::string& text) { into_->bind(++position_, text); }

void parameters::put_bytes(std::span<const std::byte> bytes) {
  into_->bind(++position_, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

void parameters::put_number(std::int64_t number) { into_->bind(++position_, number); }

void parameters::put_nothing() { into_->bind(++position_); }

void columns::take_one(std::string& text) { text = from_->getColumn(column_++).getString(); }

void columns::take_one(model::package_id& id) {
  const SQLite::Column column = from_->getColumn(column_++);
  const auto parsed = model::package_id::parse(column.getString());
  if (!parsed) { damaged(column); }
  id = *parsed;
}

void columns::take_one(model::content_id& id) {
  const SQLite::Column column = from_->getColumn(column_++);
  const auto parsed = model::content_id::parse(column.getString());
  if (!parsed) { damaged(column); }
  id = *parsed;
}

void columns::take_bytes(std::span<std::byte> into) {
  const SQLite::Column column = from_->getColumn(column_++);
  const void* found = column.getBlob();
  if (found == nullptr || column.getBytes() != static_cast<int>(into.size())) { damaged(column); }
  std::memcpy(into.data(), found, into.size());
}

std::int64_t columns::take_number() { return from_->getColumn(column_++).getInt64(); }

bool columns::next_is_nothing() { return from_->getColumn(column_).isNull(); }

}  // namespace sluice::storage
