package dev.keyservice.bench;

import dev.keyservice.client.ClientSettings;
import java.util.OptionalLong;

/// A running server that is to be measured.
///
/// @param name as the tables show it
/// @param settings where it is, and who calls
/// @param pid of its process, when it is on this machine and known
public record Contender(String name, ClientSettings settings, OptionalLong pid) {}
