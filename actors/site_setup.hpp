#pragma once

#include "actors/distribution_point_proxy.hpp"

namespace sluice::actors {

struct site_setup {
  site_parts parts;
  std::shared_ptr<storage::site_database> database;  ///< opened read_write
  std::vector<hashing::public_key> site_keys;        ///< told to nodes that register
  std::function<distribution_point_proxy_actor(distribution_point_proxy_setup)> make_proxy;
};

}  // namespace sluice::actors
