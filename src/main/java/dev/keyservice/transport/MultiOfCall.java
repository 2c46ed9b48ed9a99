package dev.keyservice.transport;

import io.grpc.Context;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.helpers.Subscriptions;
import io.smallrye.mutiny.operators.multi.AbstractMultiOperator;
import io.smallrye.mutiny.operators.multi.MultiOperatorProcessor;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import io.smallrye.mutiny.subscription.SerializedSubscriber;
import java.util.concurrent.Flow.Subscription;

/// The stream of a call as long as the call lives; then its subscription is cancelled and it fails
/// with what ended the call.
final class MultiOfCall<T> extends AbstractMultiOperator<T, T> {
  private final Context call;

  MultiOfCall(Multi<? extends T> work, Context call) {
    super(work);
    this.call = call;
  }

  @Override
  public void subscribe(MultiSubscriber<? super T> subscriber) {
    upstream.subscribe(new Processor<T>(subscriber, call));
  }

  private static final class Processor<T> extends MultiOperatorProcessor<T, T>
      implements Context.CancellationListener {
    private final Context call;

    /// The end of the call may come on another thread than the items.
    Processor(MultiSubscriber<? super T> downstream, Context call) {
      super(new SerializedSubscriber<>(downstream));
      this.call = call;
    }

    /// A call that has already ended cancels the stream here.
    @Override
    public void onSubscribe(Subscription subscription) {
      super.onSubscribe(subscription);
      call.addListener(this, Runnable::run);
    }

    /// In the context of the call, as that of [UniOfCall].
    @Override
    public void onFailure(Throwable failure) {
      call.removeListener(this);
      call.run(() -> super.onFailure(failure));
    }

    @Override
    public void onCompletion() {
      call.removeListener(this);
      super.onCompletion();
    }

    @Override
    public void cancel() {
      call.removeListener(this);
      super.cancel();
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // CANCELLED is one marker object.
    public void cancelled(Context ended) {
      var work = getAndSetUpstreamSubscription(Subscriptions.CANCELLED);
      if (work == Subscriptions.CANCELLED) {
        return;
      }
      work.cancel();
      call.run(() -> downstream.onFailure(EndOfCall.failure(ended)));
    }
  }
}
