#include "apps/observation.hpp"

#include <algorithm>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace sluice::apps {

namespace {

/// The families of one daemon; values are copied in when somebody asks.
class metrics {
public:
  metrics(const std::string& node, const std::string& version)
      : gauges_(prometheus::BuildGauge()
                    .Name("sluice_state")
                    .Help("What the node holds and does now")
                    .Register(registry_)),
        counters_(prometheus::BuildCounter()
                      .Name("sluice_served_total")
                      .Help("What the content server did since the start")
                      .Register(registry_)),
        faults_(prometheus::BuildCounter()
                    .Name("sluice_source_faults_total")
                    .Help("Faults of sources since the start, by their row of the matrix")
                    .Register(registry_)) {
    prometheus::BuildGauge()
        .Name("sluice_build_info")
        .Help("Always 1; the labels say what runs")
        .Register(registry_)
        .Add({{"node", node}, {"version", version}})
        .Set(1);
  }

  void set(const actors::source_fault_counters& faults) {
    for (std::size_t row = 1; row < faults.size(); ++row) {
      const std::uint64_t count = faults[row].load(std::memory_order_relaxed);
      if (count == 0) { continue; }
      raise(faults_.Add({{"row", format("X{}", row)}}), static_cast<double>(count));
    }
  }

  void set(const http::server_counters& served, std::size_t contents) {
    const auto number = [](const std::atomic<std::uint64_t>& value) {
      return static_cast<double>(value.load(std::memory_order_relaxed));
    };
    gauges_.Add({{"what", "connections_open"}}).Set(number(served.connections_open));
    gauges_.Add({{"what", "contents"}}).Set(static_cast<double>(contents));
    const auto count = [&](const char* what, const std::atomic<std::uint64_t>& value) {
      raise(counters_.Add({{"what", what}}), number(value));
    };
    count("requests", served.requests);
    count("requests_refused", served.requests_refused);
    count("connections_refused", served.connections_refused);
    count("bytes_sent", served.bytes_sent);
  }

  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

private:
  /// Who asks at the same time may have been here with a later value.
  static void raise(prometheus::Counter& counter, double value) {
    counter.Increment(std::max(0.0, value - counter.Value()));
  }

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Gauge>& gauges_;
  prometheus::Family<prometheus::Counter>& counters_;
  prometheus::Family<prometheus::Counter>& faults_;
};

}  // namespace

std::function<http::plain_answer(std::string_view path)> observation_answers(observed_node node) {
  auto shown = std::make_shared<metrics>(node.name, node.version);
  return [shown, node = std::move(node)](std::string_view path) {
    http::plain_answer answer;
    if (path == "/livez") {
      answer.body = "ok\n";
    } else if (path == "/readyz") {
      const bool withheld = node.maintenance();
      answer.status = node.ready() && !withheld ? 200 : 503;
      answer.body = withheld ? "under maintenance\n" : "starting or draining\n";
      if (answer.status == 200) { answer.body = "ok\n"; }
    } else if (path == "/metrics") {
      shown->set(*node.served, node.catalogue->all().size());
      shown->set(*node.source_faults);
      answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
      answer.body = shown->text();
    } else {
      answer.status = 404;
      answer.body = "there are /livez, /readyz and /metrics\n";
    }
    return answer;
  };
}

}  // namespace sluice::apps
