#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hashing/hashing.hpp"
#include "model/model.hpp"

namespace sluice::storage {

/// A job as the node remembers it (survives restarts).
struct job_record {
  model::notification notification;
  model::job_situation situation;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_transferred = 0;
  std::string reason;
};

/// Pieces of a staged file that are durable.
struct verified_run {
  model::file_id file;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

/// One undelivered report. Sequences are given by the database, ascending within its epoch.
struct outbox_row {
  std::uint64_t sequence = 0;
  std::optional<model::state_message> state;  ///< exactly one of the two
  std::optional<model::status_message> status;
};

/// `<state>/node.db`: jobs, verified pieces, outbox, epoch, seen job ids. SQLite, WAL,
/// synchronous=FULL. Threads: one at a time (the node journal's actor). Every call is one
/// transaction. "" as path: in memory.
class node_database {
public:
  /// `fresh_epoch` is used when the database is made anew. A database that cannot be read is set
  /// aside (`node.db.broken-<n>`) and made anew; `was_remade` says so.
  static result<std::unique_ptr<node_database>> open(const std::string& path,
                                                     model::epoch_id fresh_epoch);
  ~node_database();

  [[nodiscard]] model::epoch_id epoch() const;
  [[nodiscard]] bool was_remade() const noexcept;

  /// `conflict` when this job id was taken before (also when it is finished): the caller answers
  /// "known".
  result<void> add_job(const job_record& job);
  result<void> update_job(const job_record& job);
  /// The sources of its job are those of this notification from now on.
  result<void> replace_sources(const model::notification& told);
  result<void> forget_job(const model::job_id& job);  ///< the row goes; the id stays known
  result<std::vector<job_record>> jobs();
  result<std::optional<job_record>> job(const model::job_id& job);
  result<bool> knows_job(const model::job_id& job);

  result<void> record_pieces(const std::vector<verified_run>& runs);
  result<std::vector<verified_run>> pieces_of(const model::file_id& file);
  result<void> forget_pieces(const model::file_id& file);
  result<std::vector<model::file_id>> files_with_pieces();

  /// The keys of the site whose manifests this node believes; `pin_keys` replaces them.
  result<void> pin_keys(const std::vector<hashing::public_key>& keys);
  result<std::vector<hashing::public_key>> pinned_keys();
  /// The node has another site from now on, with these keys: its jobs and reports go, in one
  /// transaction, and what these jobs still report is dropped. How many reports were.
  result<std::uint64_t> forget_site(const std::vector<hashing::public_key>& next_keys);

  /// Appends reports; final states overtake progress: an older undelivered progress report of the
  /// same job goes. `limit_reached` when the outbox is full of messages that must not be lost.
  result<std::vector<std::uint64_t>> append(std::vector<outbox_row> rows);
  result<std::vector<outbox_row>> outbox(std::uint32_t rows_max);
  result<void> acknowledge(std::uint64_t up_to_sequence);

private:
  struct state;
  explicit node_database(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::storage
