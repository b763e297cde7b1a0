#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "http/http.hpp"
#include "io/io.hpp"
#include "storage/storage.hpp"

namespace sluice::actors {

/// The calendar, as apps provides it: real, or simulated.
using calendar_clock = std::function<model::calendar_time()>;

/// How often sources were at fault since the start, by the row of the lying-source matrix (X1 is at
/// 1). Any thread.
using source_fault_counters = std::array<std::atomic<std::uint64_t>, 37>;

/// How long the library keeps what nobody needs.
struct library_periods {
  std::chrono::hours trash{24};
  std::chrono::hours superseded{24};  ///< a version of a package after a newer one came
};

/// How a node pulls, where it may choose.
struct pull_policy {
  std::chrono::seconds start_stagger{0};  ///< a new job begins after a random part of it
  bool prefer_fast_sources = false;       ///< of one priority; by chance otherwise (D7)
  std::uint32_t sources_per_file = limits::sources_per_file_max;  ///< of one priority, side by side
};

struct large_transfer;  // fetch_large.hpp
/// The large files under way that several sources may bring, by job and page. Reactor thread.
using shared_files = std::map<std::pair<model::job_id, std::uint64_t>, large_transfer*>;

/// How fast sources have been, each averaged over its last pages. Any thread.
class source_speeds {
public:
  using time_point = std::chrono::steady_clock::time_point;  ///< of the actors' clock
  static constexpr std::size_t sources_max = 4096;  ///< about 100 bytes each; others stay unknown
  void add(const std::string& source, std::uint64_t bytes, std::chrono::nanoseconds took);
  /// It misbehaved, or did not answer: for ten minutes it is the slowest of all.
  void add_failure(const std::string& source, time_point now);
  /// Bytes per second; 0: unknown.
  [[nodiscard]] std::uint64_t of(const std::string& source, time_point now) const;

private:
  struct measured {
    std::uint64_t speed = 0;
    time_point slowest_until{};
  };
  measured* row_of(const std::string& source);  ///< nullptr: no room

  mutable std::mutex mutex_;
  std::map<std::string, measured> speeds_;  ///< at most `sources_max`
};

/// Whether orders are taken from whoever gives them: only while the site that answers where this
/// node registers was found to be its own (A10). Any thread.
class order_gate {
public:
  void close(std::string why) {
    const std::lock_guard lock(mutex_);
    why_ = std::move(why);
  }
  void open() { close({}); }
  /// Why they are not; empty: they are.
  [[nodiscard]] std::string closed_because() const {
    const std::lock_guard lock(mutex_);
    return why_;
  }

private:
  mutable std::mutex mutex_;
  std::string why_;
};

/// What the actors of a node share. Everything here outlives the actors, and the reactor outlives
/// what runs on it.
struct node_parts {
  std::string name;
  io::reactor* ring = nullptr;  ///< the library's reactor: all transfers run there
  io::worker_pool* workers = nullptr;
  io::buffer_pool* buffers = nullptr;
  io::task_group* operations = nullptr;  ///< everything actors have under way on `ring`
  storage::content_library* library = nullptr;
  std::shared_ptr<storage::content_catalogue> catalogue;
  calendar_clock now;
  random_source random;  ///< asked by one actor only, the distribution point, for seeds
  const hashing::signing_key* site_key = nullptr;  ///< on a site server
  /// A number that changes while content is served or pulled; any thread. None: it never is.
  std::function<std::uint64_t()> activity;
  /// Pages that are being pulled now; any thread.
  std::shared_ptr<std::atomic<std::uint32_t>> pages_moving =
      std::make_shared<std::atomic<std::uint32_t>>(0);
  std::shared_ptr<source_fault_counters> source_faults = std::make_shared<source_fault_counters>();
  /// The site says that this node is to be withheld from clients (A9). Any thread.
  std::shared_ptr<std::atomic<bool>> maintenance = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<order_gate> orders = std::make_shared<order_gate>();
  /// Where the site's pushes come in. None: this node takes none.
  std::shared_ptr<http::push_door> pushes;
  library_periods kept;
  pull_policy pulling;
  std::shared_ptr<shared_files> shared = std::make_shared<shared_files>();
  std::shared_ptr<source_speeds> speeds = std::make_shared<source_speeds>();
};

}  // namespace sluice::actors
