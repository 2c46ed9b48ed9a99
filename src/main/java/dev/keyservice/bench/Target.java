package dev.keyservice.bench;

import io.grpc.Channel;
import java.util.List;
import java.util.Optional;

/// What the calls of a round go to.
///
/// @param name as the tables show it
/// @param channels one a connection
/// @param process of the server, when it is on this machine and known
record Target(
    String name, List<? extends Channel> channels, Calls calls, Optional<ProcessUse> process) {}
