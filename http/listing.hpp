#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

namespace sluice::http {

/// One name in a folder of a content.
struct listed_entry {
  std::string name;  ///< decoded
  model::entry_kind kind = model::entry_kind::file;
  std::uint64_t size = 0;   ///< files
  std::string link_target;  ///< links
};

/// One page of a folder.
struct folder_listing {
  model::content_id content;
  std::string path;  ///< decoded, "" for the root
  std::vector<listed_entry> entries;
  std::string next;  ///< a further page begins after this name; "" when there is none
};

/// A page for a browser: every name escaped, every link percent-encoded.
std::string print_html(const folder_listing& folder);
/// {"content":"PKG00012.3","path":"a","entries":[{"name":"b","kind":"file","size":1}],"next":null}
std::string print_json(const folder_listing& folder);

}  // namespace sluice::http
