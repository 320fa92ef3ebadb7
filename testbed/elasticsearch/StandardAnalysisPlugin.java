package ru.thewatcher.testbed;

import java.io.Reader;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.core.FlattenGraphFilter;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.apache.lucene.analysis.core.LetterTokenizer;
import org.apache.lucene.analysis.core.SimpleAnalyzer;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.analysis.core.WhitespaceTokenizer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.LengthFilter;
import org.apache.lucene.analysis.miscellaneous.TrimFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenizer;
import org.apache.lucene.analysis.ngram.NGramTokenFilter;
import org.apache.lucene.analysis.ngram.NGramTokenizer;
import org.apache.lucene.analysis.reverse.ReverseStringFilter;
import org.apache.lucene.analysis.ru.RussianAnalyzer;
import org.apache.lucene.analysis.ru.RussianLightStemFilter;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.AbstractIndexAnalyzerProvider;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.PreConfiguredTokenFilter;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/**
 * What an index of ours asks of Elasticsearch's module analysis-common, which no registry carries: the same names and
 * parameters over the same Lucene classes, so that settings written for a stock server are taken as they are.
 *
 * Left out: languages other than Russian and English, synonyms, phonetics, patterns.
 */
public final class StandardAnalysisPlugin extends Plugin implements AnalysisPlugin {
    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        var filters = new TreeMap<String, AnalysisProvider<TokenFilterFactory>>();
        filters.put("lowercase", filter((in, settings) -> new LowerCaseFilter(in)));
        filters.put("trim", filter((in, settings) -> new TrimFilter(in)));
        filters.put("reverse", filter((in, settings) -> new ReverseStringFilter(in)));
        filters.put("flatten_graph", filter((in, settings) -> new FlattenGraphFilter(in)));
        filters.put("asciifolding", filter((in, settings) ->
            new ASCIIFoldingFilter(in, settings.getAsBoolean("preserve_original", false))));
        filters.put("length", filter((in, settings) ->
            new LengthFilter(in, settings.getAsInt("min", 0), settings.getAsInt("max", Integer.MAX_VALUE))));
        filters.put("edge_ngram", configured((in, settings) -> new EdgeNGramTokenFilter(
            in, settings.getAsInt("min_gram", 1), settings.getAsInt("max_gram", 2),
            settings.getAsBoolean("preserve_original", false))));
        filters.put("ngram", configured((in, settings) -> new NGramTokenFilter(
            in, settings.getAsInt("min_gram", 1), settings.getAsInt("max_gram", 2),
            settings.getAsBoolean("preserve_original", false))));
        filters.put("stemmer", configured((in, settings) ->
            stem(in, settings.get("language", settings.get("name", "english")))));
        filters.put("snowball", configured((in, settings) -> new SnowballFilter(in, settings.get("language", "English"))));
        return filters;
    }

    private static TokenStream stem(TokenStream in, String language) {
        return switch (language.toLowerCase(Locale.ROOT)) {
            case "english" -> new PorterStemFilter(in);
            case "possessive_english" -> new EnglishPossessiveFilter(in);
            case "porter2" -> new SnowballFilter(in, "English");
            case "russian" -> new SnowballFilter(in, "Russian");
            case "light_russian" -> new RussianLightStemFilter(in);
            default -> throw new IllegalArgumentException("stemmer: " + language
                + " is left out here; english, possessive_english, porter2, russian, light_russian are there");
        };
    }

    @Override
    public List<PreConfiguredTokenFilter> getPreConfiguredTokenFilters() {
        return List.of(
            PreConfiguredTokenFilter.singleton("asciifolding", true, ASCIIFoldingFilter::new),
            PreConfiguredTokenFilter.singleton("trim", true, TrimFilter::new),
            PreConfiguredTokenFilter.singleton("reverse", false, ReverseStringFilter::new),
            PreConfiguredTokenFilter.singleton("porter_stem", false, PorterStemFilter::new),
            PreConfiguredTokenFilter.singleton("russian_stem", false, in -> new SnowballFilter(in, "Russian")));
    }

    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
        var analyzers = new TreeMap<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>>();
        analyzers.put("russian", analyzer(RussianAnalyzer::new));
        analyzers.put("english", analyzer(EnglishAnalyzer::new));
        analyzers.put("simple", analyzer(SimpleAnalyzer::new));
        analyzers.put("whitespace", analyzer(WhitespaceAnalyzer::new));
        return analyzers;
    }

    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
        var tokenizers = new TreeMap<String, AnalysisProvider<TokenizerFactory>>();
        tokenizers.put("keyword", (index, environment, name, settings) ->
            TokenizerFactory.newFactory(name, KeywordTokenizer::new));
        tokenizers.put("whitespace", (index, environment, name, settings) ->
            TokenizerFactory.newFactory(name, WhitespaceTokenizer::new));
        tokenizers.put("letter", (index, environment, name, settings) ->
            TokenizerFactory.newFactory(name, LetterTokenizer::new));
        tokenizers.put("edge_ngram", (index, environment, name, settings) -> TokenizerFactory.newFactory(name, () ->
            new EdgeNGramTokenizer(settings.getAsInt("min_gram", 1), settings.getAsInt("max_gram", 2))));
        tokenizers.put("ngram", (index, environment, name, settings) -> TokenizerFactory.newFactory(name, () ->
            new NGramTokenizer(settings.getAsInt("min_gram", 1), settings.getAsInt("max_gram", 2))));
        return tokenizers;
    }

    /** `"mappings": ["ё => е"]`: how a Russian index makes one letter of two. */
    @Override
    public Map<String, AnalysisProvider<CharFilterFactory>> getCharFilters() {
        AnalysisProvider<CharFilterFactory> mapping = (index, environment, name, settings) -> {
            var builder = new NormalizeCharMap.Builder();
            for (String rule : settings.getAsList("mappings")) {
                String[] sides = rule.split("=>", 2);
                if (sides.length != 2) throw new IllegalArgumentException("mapping: `" + rule + "` is not `from => to`");
                builder.add(sides[0].strip(), sides[1].strip());
            }
            NormalizeCharMap map = builder.build();
            return new CharFilterFactory() {
                @Override
                public String name() {
                    return name;
                }

                @Override
                public Reader create(Reader reader) {
                    return new MappingCharFilter(map, reader);
                }
            };
        };
        return Map.of("mapping", AnalysisPlugin.requiresAnalysisSettings(mapping));
    }

    private static AnalysisProvider<TokenFilterFactory> filter(BiFunction<TokenStream, Settings, TokenStream> make) {
        return (index, environment, name, settings) -> new AbstractTokenFilterFactory(name) {
            @Override
            public TokenStream create(TokenStream in) {
                return make.apply(in, settings);
            }
        };
    }

    private static AnalysisProvider<TokenFilterFactory> configured(BiFunction<TokenStream, Settings, TokenStream> make) {
        return AnalysisPlugin.requiresAnalysisSettings(filter(make));
    }

    private static AnalysisProvider<AnalyzerProvider<? extends Analyzer>> analyzer(Supplier<Analyzer> make) {
        return (index, environment, name, settings) -> new AbstractIndexAnalyzerProvider<Analyzer>(name) {
            private final Analyzer analyzer = make.get();

            @Override
            public Analyzer get() {
                return analyzer;
            }
        };
    }
}
