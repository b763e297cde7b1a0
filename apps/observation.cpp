#include "apps/observation.hpp"

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
        counters_(prometheus::BuildGauge()
                      .Name("sluice_served_total")
                      .Help("What the content server did since the start")
                      .Register(registry_)) {
    prometheus::BuildGauge()
        .Name("sluice_build_info")
        .Help("Always 1; the labels say what runs")
        .Register(registry_)
        .Add({{"node", node}, {"version", version}})
        .Set(1);
  }

  void set(const http::server_counters& served, std::size_t contents) {
    const auto number = [](const std::atomic<std::uint64_t>& value) {
      return static_cast<double>(value.load(std::memory_order_relaxed));
    };
    gauges_.Add({{"what", "connections_open"}}).Set(number(served.connections_open));
    gauges_.Add({{"what", "contents"}}).Set(static_cast<double>(contents));
    counters_.Add({{"what", "requests"}}).Set(number(served.requests));
    counters_.Add({{"what", "requests_refused"}}).Set(number(served.requests_refused));
    counters_.Add({{"what", "connections_refused"}}).Set(number(served.connections_refused));
    counters_.Add({{"what", "bytes_sent"}}).Set(number(served.bytes_sent));
  }

  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Gauge>& gauges_;
  prometheus::Family<prometheus::Gauge>& counters_;
};

}  // namespace

std::function<http::plain_answer(std::string_view path)> observation_answers(
    std::string node_name, std::string version, std::function<bool()> ready,
    std::shared_ptr<const http::server_counters> counters,
    std::shared_ptr<const storage::content_catalogue> catalogue) {
  auto shown = std::make_shared<metrics>(node_name, version);
  return [shown, ready = std::move(ready), counters = std::move(counters),
          catalogue = std::move(catalogue)](std::string_view path) {
    http::plain_answer answer;
    if (path == "/livez") {
      answer.body = "ok\n";
    } else if (path == "/readyz") {
      answer.status = ready() ? 200 : 503;
      answer.body = ready() ? "ok\n" : "starting or draining\n";
    } else if (path == "/metrics") {
      shown->set(*counters, catalogue->all().size());
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
