#pragma once

#include <atomic>

#include "actors/actors.hpp"
#include "apps/daemon.hpp"
#include "apps/observation.hpp"

namespace sluice::apps {

/// A reactor and the content server on it.
struct serving_reactor {
  std::unique_ptr<io::reactor_thread> thread;
  std::unique_ptr<http::content_server> server;
};

/// Everything of a daemon, in the order it is made; it is taken down in the opposite one.
struct daemon::parts {
  daemon_setup setup;
  std::string content_address;  ///< where others reach the content server
  std::unique_ptr<hashing::signing_key> site_key;

  std::unique_ptr<io::worker_pool> workers;
  std::unique_ptr<io::reactor_thread> library_thread;
  std::shared_ptr<io::buffer_budget> budget;
  std::unique_ptr<io::buffer_pool> buffers;
  std::unique_ptr<io::task_group> operations;
  std::shared_ptr<storage::content_catalogue> catalogue;
  std::shared_ptr<storage::node_database> node_database;
  std::unique_ptr<storage::content_library> library;

  std::shared_ptr<http::server_counters> counters;
  std::shared_ptr<actors::source_fault_counters> source_faults =
      std::make_shared<actors::source_fault_counters>();
  std::shared_ptr<http::push_door> pushes = std::make_shared<http::push_door>();
  std::vector<serving_reactor> serving;  ///< the first one serves on the library's reactor
  std::unique_ptr<http::observation_server> observation;
  std::atomic<bool> ready{false};
  std::shared_ptr<std::atomic<bool>> maintenance = std::make_shared<std::atomic<bool>>(false);

  std::unique_ptr<actors::node_system> actors;
  std::shared_ptr<rpc::client_pool> clients;
  std::vector<std::unique_ptr<rpc::server>> rpc_servers;

  std::shared_ptr<std::atomic<int>> reactors_asked;  ///< how many have not answered
  daemon_ports ports;
  bool drained = false;

  [[nodiscard]] io::reactor& ring() const { return library_thread->get(); }
  [[nodiscard]] bool serves() const { return setup.settings.distribution_point.has_value(); }

  result<void> open_library();
  result<void> open_content_servers();
  result<void> open_observation();
  result<void> start_actors();
  result<void> open_rpc();
  bool reactors_answered();
  void close_all();
};

}  // namespace sluice::apps
