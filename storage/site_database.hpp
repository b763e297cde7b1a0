#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/site_rows.hpp"

namespace sluice::storage {

/// `<state>/site.db`: the site database on SQLite (WAL, synchronous=FULL). The site actor writes
/// through one object; queries use others opened `read_only`. Every writing call is one transaction
/// unless it runs inside `transaction`. Threads: one at a time per object. Errors: `not_found`,
/// `conflict`, `os_failed` with SQLite's words.
class site_database {
public:
  enum class mode { read_write, read_only };
  /// "" as path: in memory (tests). A format newer than ours is refused (`incompatible`).
  static result<std::unique_ptr<site_database>> open(const std::string& path, mode how);
  ~site_database();

  /// Runs `work` as one transaction: kept when it succeeds, undone when it fails.
  result<void> transaction(const std::function<result<void>()>& work);

  // Packages ------------------------------------------------------------------------------------
  /// The next number that no package has or had, and that is not `held` elsewhere.
  result<model::package_id> allot_package_id(
      const model::site_code& site, const std::function<bool(const model::package_id&)>& held);
  /// Of a package that did not come to be: the next one gets the number, if none got one since.
  result<void> return_package_id(const model::package_id& id);
  result<void> put_package(const model::package_row& package, model::byte_count manifest_size);
  result<std::optional<site_package>> package(const model::package_id& id);
  /// Of the present version of each package.
  result<std::map<model::content_id, model::digest>> manifest_hashes();
  result<site_page<model::package_row>> packages(std::uint32_t offset, std::uint32_t rows);
  result<void> forget_package(const model::package_id& id);
  /// Of the content library, begun before it and ended after it: of a content that is being added
  /// for the site, or taken away. Those left by a crash are `open_changes`.
  result<void> begin_change(const model::content_id& content);
  result<void> end_change(const model::content_id& content);
  result<std::vector<model::content_id>> open_changes();

  // Distribution points -------------------------------------------------------------------------
  /// Inserts or replaces name, address, mode, own, sources; what the node told is kept.
  result<void> put_distribution_point(const model::distribution_point_row& row);
  /// Numbers that an operator is shown cost a read of an index for each content; others are 0.
  enum class numbers : std::uint8_t { none, counted };
  result<std::optional<site_distribution_point>> distribution_point(const std::string& name,
                                                                    numbers how = numbers::none);
  result<std::optional<site_distribution_point>> distribution_point_of(const model::node_id& node);
  /// In order of their names.
  result<std::vector<site_distribution_point>> all_distribution_points();
  /// How many packages failed at each distribution point where any did.
  result<std::map<std::string, std::uint32_t>> failed_packages();
  result<site_page<model::distribution_point_row>> distribution_points(std::uint32_t offset,
                                                                       std::uint32_t rows);
  result<void> forget_distribution_point(
      const std::string& name);  ///< with its targets and availability
  /// What a registration says; a new epoch starts its acknowledged sequence at 0.
  result<void> put_registration(const std::string& name, const model::node_id& node,
                                const model::epoch_id& epoch, const std::string& content_address,
                                const std::string& build, model::calendar_time when);
  result<void> put_heard(const std::string& name, model::calendar_time when);
  /// Replaces what its node told before.
  result<void> put_usage(const std::string& name, const std::vector<model::usage_window>& windows,
                         model::calendar_time when);
  /// Those of its host, in their order; what was there before is replaced.
  result<void> put_host_settings(const std::string& name,
                                 const std::vector<model::setting_row>& settings);
  result<std::vector<model::setting_row>> host_settings(const std::string& name);
  result<void> put_acknowledged(const std::string& name, std::uint64_t sequence);

  // Groups --------------------------------------------------------------------------------------
  result<void> put_group(const std::string& name);
  result<void> forget_group(const std::string& name);  ///< with its memberships and links
  result<std::optional<model::group_row>> group(const std::string& name);
  result<site_page<model::group_row>> groups(std::uint32_t offset, std::uint32_t rows);
  result<void> put_member(const std::string& group, const std::string& name, bool belongs);
  result<void> link_package(const std::string& group, const model::package_id& package);
  /// Of each package that is linked to the group.
  result<site_page<model::group_status_row>> group_status(const std::string& name,
                                                          std::uint32_t offset, std::uint32_t rows);

  // Availability index --------------------------------------------------------------------------
  /// All versions of a package.
  result<void> forget_available(const model::package_id& package, const std::string& name);
  result<void> put_available(const model::content_id& content, const std::string& name,
                             bool has_it);
  /// A full inventory: exactly these contents are on `name`.
  result<void> replace_available(const std::string& name,
                                 const std::vector<model::content_id>& contents);
  result<bool> is_available(const model::content_id& content, const std::string& name);

  // Distributions: desired state and what became of it -------------------------------------------
  result<void> put_distribution(const site_distribution& row);
  result<std::optional<site_distribution>> distribution(const model::package_id& package,
                                                        const std::string& name);
  result<std::optional<site_distribution>> distribution_of(const model::job_id& job);
  /// Rows that are not at rest: to be taken up again after a restart.
  result<std::vector<site_distribution>> open_distributions();
  /// Rows of `name` without a try left, whatever became of them since.
  result<std::vector<site_distribution>> without_tries(const std::string& name);
  result<site_page<model::distribution_row>> distributions(
      const std::optional<model::package_id>& package, const std::optional<std::string>& name,
      std::uint32_t offset, std::uint32_t rows);
  result<void> forget_distribution(const model::package_id& package, const std::string& name);
  /// S5 8 -> 0, of one distribution point or of all: nobody looks at them any more.
  result<void> end_monitoring(const std::optional<std::string>& name);

  // Status messages -----------------------------------------------------------------------------
  /// The newest `limits::site_messages_max` are kept; older ones go in sweeps.
  result<void> add_message(const model::message_row& row);
  result<site_page<model::message_row>> messages(std::uint32_t offset,
                                                 std::uint32_t rows);  ///< newest first

private:
  struct state;
  explicit site_database(std::unique_ptr<state> made);
  std::unique_ptr<state> state_;
};

}  // namespace sluice::storage
