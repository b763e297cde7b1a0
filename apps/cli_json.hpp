#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/model.hpp"
#include "rpc/rpc.hpp"

/// Rows as JSON (RFC 8259): the same fields under the same names as model/views. Times are
/// "2026-01-31T12:00:00.123Z", bytes and seconds numbers, enumerations their names, what is not
/// known null. Only ASCII leaves here, everything else as \u escapes.
namespace sluice::cli {

/// One JSON value, already text.
struct json_item {
  std::string text;
};

json_item json_of(const model::package_row& row);
json_item json_of(const model::distribution_point_row& row);
json_item json_of(const model::source_candidate& row);
json_item json_of(const model::setting_row& row);
/// What is known of these days; null where it is not.
json_item json_of_usage(const model::distribution_point_row& row, std::uint32_t days,
                        const std::optional<model::usage_window>& of);
json_item json_of(const model::distribution_row& row);
json_item json_of(const model::why_report& report);
json_item json_of(const model::message_row& row);
json_item json_of(const model::catalogue_row& row);
json_item json_of(const model::library_report& report);
json_item json_of(const model::node_report& report);
json_item json_of(const model::adoption& report);
json_item json_of(const rpc::distribute_answer& given);
json_item json_of(const rpc::package_update_answer& given);
json_item json_of(const rpc::cancel_answer& given);
json_item json_of(const model::group_row& row);
json_item json_of(const model::group_status_row& row);
json_item json_of(const rpc::validation_begun& given);
json_item json_of(const model::validation_row& row);
/// {"text":"..."}: one value under one name.
json_item json_text(std::string_view name, std::string_view value);

/// {"status":"ok","code":0,"items":[...]}; `status` is "ok" or "partial".
std::string json_answer(std::string_view status, int code, const std::vector<json_item>& items);
/// {"status":"error","code":3,"error":"not_found","message":"...","items":[]}
std::string json_failure(int code, std::string_view error_name, std::string_view message);

/// "2026-01-31T12:00:00.123Z"
using model::iso_time;

}  // namespace sluice::cli
