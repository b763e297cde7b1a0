#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "model/model.hpp"

/// How the values of the model stand in the columns of the site database.
namespace sluice::storage {

/// Binds values to the parameters of a statement, first to last.
class parameters {
public:
  explicit parameters(SQLite::Statement& into) noexcept : into_(&into) {}

  template <typename... Values>
  void put(const Values&... values) {
    (put_one(values), ...);
  }

private:
  void put_one(const std::string& text);
  void put_one(const model::package_id& id) { put_one(id.text()); }
  void put_one(const model::content_id& id) { put_one(id.text()); }
  void put_one(const model::site_code& code) { put_one(code.text()); }
  void put_one(const model::digest& digest) { put_bytes(digest.bytes); }
  void put_one(model::calendar_time time) { put_number(time.time_since_epoch().count()); }
  void put_one(std::chrono::seconds span) { put_number(span.count()); }
  template <typename Tag>
  void put_one(const model::random_id<Tag>& id) {
    put_bytes(id.bytes);
  }
  template <typename Number>
  requires(std::is_integral_v<Number> || std::is_enum_v<Number>) void put_one(Number number) {
    put_number(static_cast<std::int64_t>(number));
  }
  template <typename Value>
  void put_one(const std::optional<Value>& value) {
    if (value) {
      put_one(*value);
    } else {
      put_nothing();
    }
  }
  void put_bytes(std::span<const std::byte> bytes);
  void put_number(std::int64_t number);
  void put_nothing();

  SQLite::Statement* into_;
  int position_ = 0;
};

/// Reads the columns of a row, first to last. Throws SQLite::Exception when one holds something
/// that was never put there.
class columns {
public:
  explicit columns(SQLite::Statement& from) noexcept : from_(&from) {}

  template <typename... Values>
  void take(Values&... values) {
    (take_one(values), ...);
  }

private:
  void take_one(std::string& text);
  void take_one(model::package_id& id);
  void take_one(model::content_id& id);
  void take_one(model::digest& digest) { take_bytes(digest.bytes); }
  void take_one(model::calendar_time& time) {
    time = model::calendar_time{std::chrono::milliseconds{take_number()}};
  }
  void take_one(std::chrono::seconds& span) { span = std::chrono::seconds{take_number()}; }
  template <typename Tag>
  void take_one(model::random_id<Tag>& id) {
    take_bytes(id.bytes);
  }
  template <typename Number>
  requires(std::is_integral_v<Number> || std::is_enum_v<Number>) void take_one(Number& number) {
    number = static_cast<Number>(take_number());
  }
  template <typename Value>
  void take_one(std::optional<Value>& value) {
    value.reset();
    if (next_is_nothing()) {
      ++column_;
    } else {
      take_one(value.emplace());
    }
  }
  void take_bytes(std::span<std::byte> into);
  std::int64_t take_number();
  bool next_is_nothing();

  SQLite::Statement* from_;
  int column_ = 0;
};

}  // namespace sluice::storage
