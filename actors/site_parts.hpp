#pragma once

#include <memory>

#include "actors/node_parts.hpp"
#include "actors/site_contracts.hpp"
#include "actors/site_policy.hpp"

namespace sluice::actors {

/// What the actors of a site server share.
struct site_parts {
  node_parts node;
  model::site_code code;
  std::string own_distribution_point;  ///< its name; empty when this site server is none
  std::string own_content_address;     ///< host:port where it serves
  site_policy policy;
  librarian_actor librarian;
  content_validation_actor validation;  ///< of its own distribution point
  std::shared_ptr<rpc::client_pool> clients;
  distribution_manager_actor pushes;  ///< to standard distribution points
};

}  // namespace sluice::actors
