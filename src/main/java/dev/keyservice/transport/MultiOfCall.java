package dev.keyservice.transport;

import io.grpc.Context;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.helpers.Subscriptions;
import io.smallrye.mutiny.operators.multi.AbstractMultiOperator;
import io.smallrye.mutiny.operators.multi.MultiOperatorProcessor;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import io.smallrye.mutiny.subscription.SerializedSubscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The stream of a call as long as the call lives; then its subscription is cancelled and it fails
/// with what ended the call.
///
/// Its items are asked for one at a time, and only while the caller takes them: whoever sends them
/// on asks for all at once.
final class MultiOfCall<T> extends AbstractMultiOperator<T, T> {
  private final Context call;
  private final @Nullable CallFlow flow;

  /// @param flow of the call; none where there is no call whose caller could be slow
  MultiOfCall(Multi<? extends T> work, Context call, @Nullable CallFlow flow) {
    super(work);
    this.call = call;
    this.flow = flow;
  }

  @Override
  public void subscribe(MultiSubscriber<? super T> subscriber) {
    upstream.subscribe(new Processor<T>(subscriber, call, flow));
  }

  private static final class Processor<T> extends MultiOperatorProcessor<T, T>
      implements Context.CancellationListener {
    private final Context call;
    private final @Nullable CallFlow flow;

    /// Whether an item was asked for and has not come yet.
    private final AtomicBoolean asked = new AtomicBoolean();

    /// The end of the call may come on another thread than the items.
    Processor(MultiSubscriber<? super T> downstream, Context call, @Nullable CallFlow flow) {
      super(new SerializedSubscriber<>(downstream));
      this.call = call;
      this.flow = flow;
    }

    @Override
    public void request(long count) {
      if (flow == null) {
        super.request(count);
      } else {
        flow.whenReady(this::ask);
        ask();
      }
    }

    private void ask() {
      if (flow != null && flow.isReady() && asked.compareAndSet(false, true)) {
        super.request(1);
      }
    }

    @Override
    public void onItem(T item) {
      super.onItem(item);
      asked.set(false);
      ask();
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
