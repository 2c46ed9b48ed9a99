package dev.keyservice.transport;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.operators.multi.AbstractMultiOperator;
import io.smallrye.mutiny.operators.multi.MultiOperatorProcessor;
import io.smallrye.mutiny.subscription.MultiSubscriber;

/// The requests of a streaming call, of which as many are taken from the wire as their subscriber
/// asks for.
final class RequestsOfCall<T> extends AbstractMultiOperator<T, T> {
  private final CallFlow flow;

  RequestsOfCall(Multi<? extends T> requests, CallFlow flow) {
    super(requests);
    this.flow = flow;
    flow.onDemand();
  }

  @Override
  public void subscribe(MultiSubscriber<? super T> subscriber) {
    upstream.subscribe(new Processor<T>(subscriber, flow));
  }

  private static final class Processor<T> extends MultiOperatorProcessor<T, T> {
    private final CallFlow flow;

    Processor(MultiSubscriber<? super T> downstream, CallFlow flow) {
      super(downstream);
      this.flow = flow;
    }

    @Override
    public void request(long count) {
      super.request(count);
      flow.demand(count);
    }
  }
}
