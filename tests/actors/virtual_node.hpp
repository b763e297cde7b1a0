#pragma once

#include <deque>
#include <map>
#include <memory>

#include "actors/node_parts.hpp"
#include "rpc/rpc.hpp"
#include "storage/storage.hpp"
#include "tests/actors/fake_library.hpp"

/// A node whose actors are the real ones, in virtual time, between a library and sources that do
/// what a test tells them. No CAF here: tests compile quickly.
namespace sluice::actors::testing {

/// How a source answers what it is asked.
enum class source_manner : std::uint8_t {
  has_it,
  lacks,
  bad,          ///< fails, without wrong bytes
  unavailable,  ///< answers 503 (X5)
  cut_off,      ///< ends its connection early (X30)
  tired,        ///< answers 429 with Retry-After: 5 (X4), until it has_it
  wrong_bytes,  ///< a few pieces wrong, within the budget
  quarantined,
  quarantined_briefly,  ///< for five minutes more
  no_space,             ///< this node's volume is full while it fetches
  broken_volume,
  in_use,    ///< another job writes one of the files
  silent,    ///< does not answer before it is told to stop
  hesitant,  ///< silent for a moment: fails where it is asked in haste (Z8)
};

struct fake_source {
  source_manner manner = source_manner::has_it;
  std::deque<source_manner> next_pages;  ///< the manner of the next pages, then `manner`
  std::chrono::nanoseconds page_time{0};
  std::uint32_t progress_steps = 0;  ///< reports of progress before a page ends
  std::uint32_t manifests_asked = 0;
  std::uint32_t pages_asked = 0;
  std::uint32_t helps_asked = 0;  ///< pages of others whose large file it was to help with
  std::uint32_t files_asked = 0;
  std::vector<std::chrono::nanoseconds> probed;  ///< at these times
  std::vector<std::string> tickets;              ///< of a push
};

class virtual_node {
public:
  explicit virtual_node(std::uint64_t seed = 1);
  ~virtual_node();

  fake_library library;
  std::shared_ptr<storage::content_catalogue> catalogue =
      std::make_shared<storage::content_catalogue>();  ///< only what a test puts there
  pull_policy pulling;                                 ///< from the next `restart` on
  std::optional<error> outbox_trouble;                 ///< every report is refused with it
  std::vector<std::string> asked;  ///< "dp1 manifest", "dp1 page": in order, all sources
  std::map<model::job_id, rpc::cancel_outcome> cancel_answers;  ///< to `tell_to_cancel_job`
  fake_source& source(const std::string& name);
  storage::node_database& database();

  /// A package of `files` files of `size` bytes that all sources of `manner` has_it could give.
  model::content_id add_package(std::uint32_t number, std::size_t files, std::uint64_t size);
  /// A notification for it; sources as "dp1:1".
  model::notification notification_for(model::content_id content,
                                       const std::vector<std::string>& sources);

  result<rpc::notify_answer> notify(const model::notification& given);
  /// As `notify`; after each turn `watch` is told whether the answer has come.
  result<rpc::notify_answer> notify_watched(const model::notification& given,
                                            const std::function<void(bool)>& watch);
  /// The mail only; nobody takes a turn.
  void tell_to_start(const model::notification& given);
  rpc::poll_answer poll(model::job_id job);
  model::why_report why(model::package_id package);
  model::node_report report();
  void cancel_by_removal(model::content_id content);
  void tell_to_cancel(model::content_id content);  ///< the mail only; nobody takes a turn
  bool leave_site();                               ///< whether it was answered
  result<std::string> begin_push(model::job_id job);
  /// As an operator at the site wishes.
  rpc::cancel_outcome cancel(model::job_id job, std::optional<model::content_id> discard = {});
  void tell_to_cancel_job(model::job_id job);  ///< the mail only; nobody takes a turn
  /// Kills every job that waits for a silent source's manifest, then those that ask in its place,
  /// until nobody does; returns how many.
  std::size_t kill_jobs_that_ask();
  /// Ends all actors but what is on disk, and begins them again from the node database.
  void restart();

  void run(const std::function<void()>& after_each = {});
  void advance(std::chrono::nanoseconds distance, const std::function<void()>& after_each = {});
  [[nodiscard]] std::chrono::nanoseconds elapsed() const;
  [[nodiscard]] model::calendar_time now() const;

  /// What the site would be told of this job, in order.
  std::vector<model::state_report> reports(model::job_id job);
  std::vector<model::state_message> messages(model::job_id job);
  [[nodiscard]] std::size_t jobs_in_database();
  /// The insertion strings of each status message of that id in the outbox, joined by '|'.
  std::vector<std::string> said(std::uint32_t id);

private:
  struct state;
  void begin_actors();
  std::unique_ptr<state> state_;
};

}  // namespace sluice::actors::testing
