#include "apps/ready_file.hpp"

#include <nlohmann/json.hpp>

namespace sluice::apps {

std::string ready_text(std::uint64_t process, const daemon_ports& ports) {
  const nlohmann::ordered_json made{{"pid", process},
                                    {"node", ports.node.text()},
                                    {"content_port", ports.content},
                                    {"control_port", ports.control},
                                    {"management_point_port", ports.management_point},
                                    {"observation_port", ports.observation},
                                    {"admin_socket", ports.admin_socket},
                                    {"node_socket", ports.node_socket}};
  return made.dump(-1, ' ', true) + "\n";
}

}  // namespace sluice::apps
