package dev.keyservice.observe;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdkBuilder;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import io.quarkus.opentelemetry.runtime.AutoConfiguredOpenTelemetrySdkBuilderCustomizer;
import jakarta.inject.Singleton;
import java.util.List;

/// Keeps gRPC's own services, health and reflection, out of the traces. What else is sampled is for
/// the configured sampler to say.
@Singleton
final class ServedSpans implements AutoConfiguredOpenTelemetrySdkBuilderCustomizer {
  @Override
  public void customize(AutoConfiguredOpenTelemetrySdkBuilder builder) {
    builder.addSamplerCustomizer((configured, _) -> new OwnServices(configured));
  }

  private record OwnServices(Sampler configured) implements Sampler {
    /// The name of a SERVER span is the full name of the method, which is one that is served:
    /// others meet no interceptor.
    @Override
    public SamplingResult shouldSample(
        Context parent,
        String traceId,
        String name,
        SpanKind kind,
        Attributes attributes,
        List<LinkData> links) {
      if (kind == SpanKind.SERVER && name.startsWith("grpc.")) {
        return SamplingResult.drop();
      }
      return configured.shouldSample(parent, traceId, name, kind, attributes, links);
    }

    @Override
    public String getDescription() {
      return "OwnServices{" + configured.getDescription() + "}";
    }
  }
}
