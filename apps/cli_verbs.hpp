#pragma once

#include "apps/cli_session.hpp"

/// What each verb does, by noun: cli_package, cli_distribution_point, cli_group, cli_distribute,
/// cli_validate, cli_status, cli_node.
namespace sluice::cli {

result<answer> package_add(session& now);
result<answer> package_list(session& now);
result<answer> package_show(session& now);
result<answer> package_update(session& now);
result<answer> package_set(session& now);
result<answer> package_remove(session& now);

result<answer> distribution_point_add(session& now);
result<answer> distribution_point_list(session& now);
result<answer> distribution_point_show(session& now);
result<answer> distribution_point_set(session& now);
result<answer> distribution_point_remove(session& now);
result<answer> source_candidates(session& now);
result<answer> distribution_point_settings(session& now);
result<answer> usage(session& now);
result<answer> source_add(session& now);
result<answer> source_remove(session& now);

result<answer> group_create(session& now);
result<answer> group_add(session& now);
result<answer> group_remove(session& now);
result<answer> group_list(session& now);
result<answer> group_show(session& now);
result<answer> group_status(session& now);

result<answer> distribute(session& now);
result<answer> redistribute(session& now);
result<answer> cancel(session& now);
result<answer> detach(session& now);
result<answer> validate(session& now);

result<answer> status(session& now);
result<answer> job_list(session& now);
result<answer> job_show(session& now);
result<answer> why(session& now);
result<answer> messages(session& now);
result<answer> catalogue(session& now);

result<answer> node_status(session& now);
result<answer> node_library(session& now);
result<answer> node_adopt(session& now);

result<answer> completion(session& now);
result<answer> manual(session& now);

}  // namespace sluice::cli
