package dev.keyservice.audit;

import io.grpc.ServerCall;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Stands for the listener of a call whose service is not asked yet, and tells it then what it has
/// missed. Everything happens on the call's event loop.
final class LateListener<I> extends ServerCall.Listener<I> {
  private final List<Runnable> missed = new ArrayList<>();
  private ServerCall.@Nullable Listener<I> listener;

  void begin(ServerCall.Listener<I> now) {
    listener = now;
    missed.forEach(Runnable::run);
    missed.clear();
  }

  private void tell(Consumer<ServerCall.Listener<I>> event) {
    var now = listener;
    if (now != null) {
      event.accept(now);
    } else {
      missed.add(() -> {
        if (listener != null) {
          event.accept(listener);
        }
      });
    }
  }

  @Override
  public void onMessage(I message) {
    tell(now -> now.onMessage(message));
  }

  @Override
  public void onHalfClose() {
    tell(ServerCall.Listener::onHalfClose);
  }

  @Override
  public void onCancel() {
    tell(ServerCall.Listener::onCancel);
  }

  @Override
  public void onComplete() {
    tell(ServerCall.Listener::onComplete);
  }

  @Override
  public void onReady() {
    tell(ServerCall.Listener::onReady);
  }
}
