#pragma once

#include "rpc/validation.hpp"
#include "rpc/wishes.hpp"

/// What an operator asks a site, or the node he is logged in on. As services.hpp.
namespace sluice::rpc {

/// Admin: client -> site.
class admin_service {
public:
  virtual ~admin_service() = default;
  virtual result<model::package_row> package_add(const principal&, const package_add_request&) = 0;
  virtual result<package_add_progress> package_add_status(const principal&,
                                                          const std::string& folder) = 0;
  virtual result<page<model::package_row>> package_list(const principal&, page_request) = 0;
  virtual result<model::package_row> package_show(const principal&, model::package_id) = 0;
  virtual result<model::package_row> package_set(const principal&, const package_set_request&) = 0;
  /// From the folder it came from; its targets get what changed.
  virtual result<package_update_answer> package_update(const principal&, model::package_id) = 0;
  virtual result<void> package_remove(const principal&, model::package_id) = 0;
  virtual result<model::distribution_point_row> distribution_point_add(
      const principal&, const distribution_point_request&) = 0;
  virtual result<model::distribution_point_row> distribution_point_set(
      const principal&, const distribution_point_request&) = 0;
  virtual result<page<model::distribution_point_row>> distribution_point_list(const principal&,
                                                                              page_request) = 0;
  virtual result<model::distribution_point_row> distribution_point_show(
      const principal&, const std::string& name) = 0;
  virtual result<std::vector<model::source_candidate>> distribution_point_candidates(
      const principal&, const std::string& name) = 0;
  /// What decides how content comes there: of the site, of it, and of its host as it registered.
  virtual result<std::vector<model::setting_row>> distribution_point_settings(
      const principal&, const std::string& name) = 0;
  /// Its content goes first; with `keep_content` it is forgotten at once.
  virtual result<void> distribution_point_remove(const principal&, const std::string& name,
                                                 bool keep_content) = 0;
  virtual result<distribute_answer> distribute(const principal&, const distribute_request&) = 0;
  virtual result<group_answer> group_change(const principal&, const group_request&) = 0;
  virtual result<page<model::group_row>> group_list(const principal&, page_request) = 0;
  virtual result<model::group_row> group_show(const principal&, const std::string& name) = 0;
  virtual result<page<model::group_status_row>> group_status(const principal&,
                                                             const std::string& name,
                                                             page_request) = 0;
  virtual result<cancel_answer> cancel(const principal&, const cancel_request&) = 0;
  virtual result<page<model::distribution_row>> status(const principal&, const status_query&) = 0;
  virtual result<model::distribution_row> job_show(const principal&, model::job_id) = 0;
  virtual result<model::why_report> why(const principal&, model::package_id,
                                        const std::string& distribution_point) = 0;
  virtual result<page<model::message_row>> messages(const principal&, page_request) = 0;
  /// Begins a cycle on each distribution point that can be asked.
  virtual result<validation_begun> validation_begin(const principal&,
                                                    const validation_request&) = 0;
  /// A row for each of them, as last heard. `not_found`: too long ago, or before a restart.
  virtual result<page<model::validation_row>> validation_show(const principal&, model::cycle_id,
                                                              page_request) = 0;
};

/// The subset on a node's own socket (`sluice --node`).
class node_service {
public:
  virtual ~node_service() = default;
  virtual result<model::node_report> node_status(const principal&) = 0;
  virtual result<model::why_report> node_why(const principal&, model::package_id) = 0;
  virtual result<model::library_report> node_library(const principal&) = 0;
  /// `conflict` when no other site than the node's own has answered it.
  virtual result<model::adoption> node_adopt(const principal&) = 0;
};

}  // namespace sluice::rpc
