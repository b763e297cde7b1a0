#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/node_parts.hpp"
#include "actors/site_policy.hpp"
#include "rpc/rpc.hpp"

/// The actors of one node as programs see them: no CAF header.
namespace sluice::actors {

struct node_system_setup {
  node_parts parts;
  model::node_id node;
  std::string version;
  std::string library_root;
  std::vector<model::setting_row> host_settings;  ///< told to the site (A15)
  std::string usage_path;       ///< database of who was given content; "": in memory
  std::string content_address;  ///< host:port where this node serves; empty: it does not
  std::string site_address;     ///< management point; empty: this node is the site server
  bool outbound = false;        ///< commands are asked for with heartbeats: no control port is open
  bool distribution_point = false;
  std::shared_ptr<storage::node_database> node_database;
  std::shared_ptr<rpc::client_pool> clients;
  std::shared_ptr<http::server_counters> counters;  ///< of what leaves this node

  struct site_role {
    model::site_code code;
    std::string database_path;
    site_policy policy;
  };
  std::optional<site_role> site;
  std::vector<hashing::public_key> site_keys;  ///< told to nodes that register
};

/// Spawns the actors, and ends them in order when destroyed: first those that begin work, last the
/// journal. The services may be called from any thread until then.
class node_system {
public:
  static result<std::unique_ptr<node_system>> start(node_system_setup setup);
  ~node_system();
  node_system(const node_system&) = delete;
  node_system& operator=(const node_system&) = delete;

  [[nodiscard]] rpc::offered_services services() noexcept;
  void change_site_policy(site_policy policy);  ///< of a site server, from now on
  void change_host_settings(std::vector<model::setting_row> settings);  ///< the site is told

  /// True when every actor that a node cannot do without has answered since the last call, which
  /// asked them; asks them again. One thread at a time.
  bool responsive();

private:
  struct state;
  explicit node_system(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::actors
