#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/message_head.hpp"
#include "http/wire_path.hpp"
#include "model/model.hpp"

namespace sluice::http {

/// /content/<content-id>/<path>, and the two things a query may ask of a folder's listing.
struct path_target {
  model::content_id content;
  wire_path path;
  bool root_without_slash = false;  ///< "/content/PKG00012.3": to be redirected
  bool json = false;                ///< ?json
  std::string after;                ///< ?after=NAME: the page that follows this name
};
/// /content/<PackageID>/current/<path>
struct current_target {
  model::package_id package;
  std::string rest;  ///< "/<path>?<query>" as on the wire, already judged
};
/// /manifest/<content-id>, or its .sig
struct manifest_target_parts {
  model::content_id content;
  bool signature = false;
};
/// /file/<content-id>/<digest>.<size>, or /pieces/...
struct file_target_parts {
  model::content_id content;
  model::file_id file;
  bool pieces = false;
};

/// What a target asks for; a refusal is 400 for what is malformed and 404 for what cannot exist.
using content_target =
    std::variant<path_target, current_target, manifest_target_parts, file_target_parts, refusal>;
content_target parse_content_target(std::string_view target);

}  // namespace sluice::http
