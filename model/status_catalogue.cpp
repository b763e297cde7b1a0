#include "model/status_message.hpp"

#include <algorithm>
#include <array>

namespace sluice::model {

namespace {

using enum severity;
using enum component;
using enum message_type;

// Sorted by id. Reserved and never emitted: 2333, 2387, 2389, 2390, 4400. An id keeps its meaning
// and its insertions for ever; it is never used again.
// clang-format off
constexpr std::array<catalogue_row, 47> rows{{
    {2300, info, distribution_manager, detail,
     "%1: the Distribution Manager starts to %2 the package",
     2},
    {2301, info, distribution_manager, milestone,
     "%1: version %2 of the package is processed",
     2},
    {2303, info, distribution_manager, detail,
     "%1: the content was refreshed on distribution point %2",
     2},
    {2311, info, distribution_manager, audit,
     "%1: version %2 of the package was created or changed by %3",
     3},
    {2323, error, distribution_manager, detail,
     "distribution point %1 cannot be sent anything: %2. Check its address and that "
     "sluiced runs there",
     2},
    {2324, error, distribution_manager, detail,
     "distribution point %1 cannot use its library root %2: %3. Correct the path or "
     "its permissions",
     3},
    {2330, info, distribution_manager, milestone,
     "%1: version %2 is complete on distribution point %3",
     3},
    {2342, info, distribution_manager, detail,
     "%1: the distribution to distribution point %2 begins",
     2},
    {2354, error, distribution_manager, detail,
     "a content status report of distribution point %1 was rejected: %2",
     2},
    {2357, info, distribution_manager, detail,
     "%1: handed to the Package Transfer Manager for distribution point %2",
     2},
    {2360, warning, distribution_manager, detail,
     "distribution point %1 sent the unknown report code %2. Upgrade the site or the "
     "node",
     2},
    {2370, error, distribution_manager, milestone,
     "distribution point %1 could not be installed: %2",
     2},
    {2371, info, distribution_manager, milestone,
     "%1: distribution point %2 waits for prestaged content",
     2},
    {2372, info, distribution_manager, detail,
     "%1: distribution point %2 waits for the content",
     2},
    {2375, info, distribution_manager, detail,
     "distribution point %1 serves its content at %2",
     2},
    {2376, info, distribution_manager, detail,
     "%1: a snapshot of the source for version %2 was made, %3 bytes",
     3},
    {2380, info, distribution_point_monitoring, milestone,
     "content validation starts on distribution point %1, cycle %2",
     2},
    {2381, info, distribution_point_monitoring, detail,
     "content validation runs on distribution point %1, contents queued: %2",
     2},
    {2382, error, distribution_point_monitoring, milestone,
     "%1: the file %3 of content %2 is damaged: expected %4, found %5",
     5},
    {2383, error, distribution_point_monitoring, milestone,
     "%1: failed content validation on distribution point %2, cycle %3: %4",
     4},
    {2384, info, distribution_point_monitoring, milestone,
     "%1: version %2 passed content validation on distribution point %3, cycle %4, %5 "
     "bytes",
     5},
    {2385, error, distribution_point_monitoring, milestone,
     "%1: content %2 lacks files: %3, the first is %4",
     4},
    {2386, info, distribution_point_monitoring, milestone,
     "content validation is complete on distribution point %1, cycle %2: %3 passed, %4 "
     "failed, %5 mismatched",
     5},
    {2388, warning, distribution_point_monitoring, milestone,
     "distribution point %1, cycle %2: the package list cannot be read, or index and "
     "library differ: %3. Look again: sluice validate --all --dp %1",
     3},
    {2391, error, distribution_manager, milestone,
     "distribution point %1 cannot be reached: %2. Next try: %3",
     3},
    {2397, info, distribution_manager, detail,
     "%1: the details for distribution point %2 are pending",
     2},
    {2398, warning, distribution_manager, detail,
     "%1: no content status was found for distribution point %2",
     2},
    {2399, info, distribution_manager, milestone,
     "distribution point %1 was installed or upgraded, build %2",
     2},
    {3306, info, site_configuration, audit,
     "the setting %1 was changed from %2 to %3 by %4",
     4},
    {8200, info, package_transfer_manager, detail,
     "%1: the transfer to distribution point %2 is done, %3 bytes",
     3},
    {8203, error, package_transfer_manager, milestone,
     "%1: the package could not be updated on distribution point %2: %3",
     3},
    {8204, info, package_transfer_manager, detail,
     "%1: the package is being distributed to distribution point %2, %3 percent",
     3},
    {8210, info, package_transfer_manager, detail,
     "%1: distribution point %2 accepted the notification, job %3",
     3},
    {8211, warning, package_transfer_manager, milestone,
     "%1: the transfer to distribution point %2 failed or has no free slot: %3 "
     "(attempt %4)",
     4},
    {8212, warning, package_transfer_manager, milestone,
     "%1: no source of distribution point %2 holds the content; asked: %3 (attempt "
     "%4). Next check: %5",
     5},
    {9425, error, cloud_source, milestone,
     "the certificate or credential of cloud source %1 expired on %2. Renew it",
     2},
    {10030, error, client, milestone,
     "client %1 found a wrong hash: package %2, file %3, from distribution point %4",
     4},
    {20001, warning, pull_dp, milestone,
     "%1: the source %2 refused or misbehaved: %3",
     3},
    {20002, warning, pull_dp, milestone,
     "the source %1 is quarantined: %2. It is asked again at %3",
     3},
    {20003, info, distribution_point_monitoring, detail,
     "%1: pieces repaired from %3: %2",
     3},
    {20004, error, distribution_manager, milestone,
     "%1: LOST: no good copy is left of %2. Add the package again from its source",
     2},
    {20005, warning, pull_dp, milestone,
     "%1: parked for want of space or inodes: %2 needed, %3 free. It goes on by itself "
     "when there is space",
     3},
    {20006, info, pull_dp, detail,
     "%1: resumed from parking",
     1},
    {20007, error, librarian, milestone,
     "distribution point %1: the volume %2 stopped accepting writes: %3. Check the "
     "disk",
     3},
    {20008, info, librarian, detail,
     "%1: restored from the trash by %2",
     2},
    {20009, error, distribution_point_monitoring, milestone,
     "distribution point %1: content validation cycle %2 was aborted: %3; covered so "
     "far: %4",
     4},
    {20010, warning, site_security, milestone,
     "the certificate of node %1 ends on %2; renew it (%3)",
     3},
}};
// clang-format on

constexpr bool is_sorted_and_whole() {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i != 0 && rows[i - 1].id >= rows[i].id) { return false; }
    for (std::uint8_t number = 1; number <= rows[i].insertions; ++number) {
      const char name[] = {'%', static_cast<char>('0' + number)};
      if (rows[i].sentence.find(std::string_view(name, 2)) == std::string_view::npos) {
        return false;
      }
    }
  }
  return true;
}
static_assert(is_sorted_and_whole());

}  // namespace

std::span<const catalogue_row> status_catalogue() noexcept { return rows; }

const catalogue_row* find_in_catalogue(std::uint32_t id) noexcept {
  const auto found = std::lower_bound(
      rows.begin(), rows.end(), id,
      [](const catalogue_row& row, std::uint32_t wanted) { return row.id < wanted; });
  return found != rows.end() && found->id == id ? &*found : nullptr;
}

}  // namespace sluice::model
