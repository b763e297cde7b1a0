#pragma once

#include "actors/messages.hpp"

/// What a content validation says of what it found, as pure functions: status messages 2382 to
/// 2385, 2388 and 20003.
namespace sluice::actors {

/// What is common to the messages of a cycle.
struct validation_place {
  std::string distribution_point;
  std::string cycle;
};

/// How the reason of 2383 begins when what is damaged is still in its place, so that no job can
/// heal it: the site opens none.
inline constexpr std::string_view still_in_service = "could not be taken out of service: ";

/// 2384, and 20003 before it when piece layers were written anew.
std::vector<site_message> words_of_success(const validation_place& place,
                                           const model::content_id& content,
                                           const storage::validation_report& report);
/// 2382 for each damaged file (the first `limits::validation_files_named_max`), 2385 for those that
/// are missing, and 2383 that says it all in one sentence. `failed`: what was found could not be
/// taken out of service.
std::vector<site_message> words_of_failure(const validation_place& place,
                                           const model::content_id& content,
                                           const storage::validation_report& report,
                                           const std::optional<error>& failed);
/// 2388: the first `limits::validation_items_named_max`.
site_message words_of_mismatch(const validation_place& place,
                               const std::vector<std::string>& items);

}  // namespace sluice::actors
