package dev.keyservice.transport;

import io.grpc.Context;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.EmptyUniSubscription;
import io.smallrye.mutiny.operators.AbstractUni;
import io.smallrye.mutiny.operators.UniOperator;
import io.smallrye.mutiny.operators.uni.UniOperatorProcessor;
import io.smallrye.mutiny.subscription.UniSubscriber;
import io.smallrye.mutiny.subscription.UniSubscription;

/// The work of a call as long as the call lives; then its subscription is cancelled and it fails
/// with what ended the call.
final class UniOfCall<T> extends UniOperator<T, T> {
  private final Context call;

  UniOfCall(Uni<? extends T> work, Context call) {
    super(work);
    this.call = call;
  }

  @Override
  public void subscribe(UniSubscriber<? super T> subscriber) {
    AbstractUni.subscribe(upstream(), new Processor<T>(subscriber, call));
  }

  private static final class Processor<T> extends UniOperatorProcessor<T, T>
      implements Context.CancellationListener {
    private final Context call;

    Processor(UniSubscriber<? super T> downstream, Context call) {
      super(downstream);
      this.call = call;
    }

    /// A call that has already ended cancels the work here.
    @Override
    public void onSubscribe(UniSubscription subscription) {
      super.onSubscribe(subscription);
      call.addListener(this, Runnable::run);
    }

    @Override
    public void onItem(T item) {
      call.removeListener(this);
      super.onItem(item);
    }

    /// In the context of the call, which a timer or a worker does not have: whoever takes the
    /// failure notes its reason there.
    @Override
    public void onFailure(Throwable failure) {
      call.removeListener(this);
      call.run(() -> super.onFailure(failure));
    }

    @Override
    public void cancel() {
      call.removeListener(this);
      super.cancel();
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // CANCELLED is one marker object.
    public void cancelled(Context ended) {
      var work = getAndSetUpstreamSubscription(EmptyUniSubscription.CANCELLED);
      if (work == EmptyUniSubscription.CANCELLED) {
        return;
      }
      work.cancel();
      call.run(() -> downstream.onFailure(EndOfCall.failure(ended)));
    }
  }
}
