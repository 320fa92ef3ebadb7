package ru.thewatcher.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.Build;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/**
 * One Elasticsearch node on loopback, out of its published jars. Arguments: its home, which holds `modules/<name>/*.jar`,
 * and the HTTP port. The registry carries no distribution, so this does what its launcher does: describes the modules,
 * configures the log, starts the node, closes it when it is told to end.
 */
public final class StandaloneNode {
    private static final Map<String, String> MODULES = Map.of(
        "transport-netty4", "org.elasticsearch.transport.netty4.Netty4Plugin",
        "standard-analysis", "ru.thewatcher.testbed.StandardAnalysisPlugin");

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(arguments[0]).toAbsolutePath();
        Path modules = home.resolve("modules");
        for (var module : MODULES.entrySet()) describe(modules.resolve(module.getKey()), module.getKey(), module.getValue());

        Settings settings = Settings.builder()
            .put("path.home", home)
            .put("cluster.name", "thewatcher-testbed")
            .put("node.name", "node-1")
            .put("network.host", "127.0.0.1")
            .put("http.port", arguments[1])
            .put("transport.port", "0")
            .put("discovery.type", "single-node")
            // A full disk of the machine under test is no reason to refuse an index.
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .build();
        LogConfigurator.setNodeName("node-1");
        LogConfigurator.configureESLogging();
        LogConfigurator.configureWithoutConfig(settings);

        var bundles = PluginsLoader.loadModulesBundles(modules, false);
        var loader = PluginsLoader.createPluginsLoader(bundles, Set.of(), Map.of(), false);
        Node node = new Node(new Environment(settings, home.resolve("config")), loader);
        node.start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                node.close();
            } catch (IOException ignored) {
                // It ends anyway; its translog has what was acknowledged.
            }
        }));
        System.out.println("started " + Build.current().version());
        new CountDownLatch(1).await();
    }

    private static void describe(Path folder, String name, String className) throws IOException {
        String version = Build.current().version();
        Files.writeString(folder.resolve("plugin-descriptor.properties"), String.join("\n",
            "name=" + name, "description=" + name, "version=" + version, "classname=" + className,
            "java.version=21", "elasticsearch.version=" + version, ""));
    }
}
