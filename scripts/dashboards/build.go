package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/gauge"
	"github.com/grafana/grafana-foundation-sdk/go/logs"
	"github.com/grafana/grafana-foundation-sdk/go/loki"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// builder is what the builders of all kinds of panels can do.
type builder[B any] interface {
	cog.Builder[dashboard.Panel]
	Id(uint32) B
	Title(string) B
	Description(string) B
	Unit(string) B
	NoValue(string) B
	Decimals(float64) B
	Min(float64) B
	Max(float64) B
	Mappings([]dashboard.ValueMapping) B
	Thresholds(cog.Builder[dashboard.ThresholdsConfig]) B
	Datasource(common.DataSourceRef) B
	GridPos(dashboard.GridPos) B
	Links([]cog.Builder[dashboard.DashboardLink]) B
	WithTarget(cog.Builder[variants.Dataquery]) B
}

// build makes Grafana's panel of ours.
func (p panel) build(id uint32, at dashboard.GridPos) cog.Builder[dashboard.Panel] {
	switch p.kind {
	case figure:
		return described(stat.NewPanelBuilder(), p, id, at).
			ReduceOptions(latest()).GraphMode(common.BigValueGraphModeNone).ColorMode(common.BigValueColorModeValue).
			TextMode(common.BigValueTextModeAuto)
	case dial:
		return described(gauge.NewPanelBuilder(), p, id, at).ReduceOptions(latest()).ShowThresholdMarkers(true)
	case list:
		return p.buildList(id, at)
	case timeline:
		return described(statetimeline.NewPanelBuilder(), p, id, at).
			MergeValues(true).ShowValue(common.VisibilityModeAuto).RowHeight(0.8).Legend(legend())
	case lines:
		return described(logs.NewPanelBuilder(), p, id, at).
			ShowTime(true).WrapLogMessage(true).EnableLogDetails(true).SortOrder(common.LogsSortOrderDescending).
			DedupStrategy(common.LogsDedupStrategyNone)
	default:
		return p.buildGraph(id, at)
	}
}

// described says what every panel says, and what it asks for.
func described[B builder[B]](b B, p panel, id uint32, at dashboard.GridPos) B {
	language := "prometheus"
	if p.logs {
		language = "loki"
	}
	b.Id(id).Title(p.title).Description(p.about).Unit(p.unit).NoValue(p.nothing).
		Thresholds(p.thresholds()).Datasource(chosen(language)).GridPos(at)
	if mappings := p.mappings(); mappings != nil {
		b.Mappings(mappings)
	}
	if p.digits != nil {
		b.Decimals(*p.digits)
	}
	if p.ends != nil {
		b.Min(p.ends[0]).Max(p.ends[1])
	}
	if p.leads != "" {
		url := "/d/" + uid(p.leads) + "?${__url_time_range}&${__all_variables}"
		b.Links([]cog.Builder[dashboard.DashboardLink]{
			dashboard.NewDashboardLinkBuilder("More about it").Type(dashboard.DashboardLinkTypeLink).Url(url),
		})
	}
	for i, s := range p.series {
		name := string(rune('A' + i))
		if p.logs {
			b.WithTarget(p.logQL(s, name))
		} else {
			b.WithTarget(p.promQL(s, name))
		}
	}
	return b
}

func (p panel) promQL(s series, name string) cog.Builder[variants.Dataquery] {
	q := prometheus.NewDataqueryBuilder().RefId(name).Expr(s.expr).LegendFormat(s.name).
		EditorMode(prometheus.QueryEditorModeCode).Datasource(chosen("prometheus"))
	switch p.kind {
	case graph, timeline:
		return q.Range()
	case list:
		return q.Instant().Format(prometheus.PromQueryFormatTable)
	default:
		return q.Instant()
	}
}

func (p panel) logQL(s series, name string) cog.Builder[variants.Dataquery] {
	return loki.NewDataqueryBuilder().RefId(name).Expr(s.expr).LegendFormat(s.name).QueryType("range").
		EditorMode(loki.QueryEditorModeCode).Datasource(chosen("loki"))
}

func (p panel) buildGraph(id uint32, at dashboard.GridPos) cog.Builder[dashboard.Panel] {
	b := described(timeseries.NewPanelBuilder(), p, id, at).
		Legend(legend()).Tooltip(common.NewVizTooltipOptionsBuilder().
		Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdPaletteClassic)).
		LineWidth(1).FillOpacity(10).AxisSoftMin(0)
	if len(p.limits) > 0 {
		b.ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
	}
	if p.stack {
		b.Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A")).FillOpacity(40)
	}
	return b
}

// buildList shows the columns that are named and no others.
func (p panel) buildList(id uint32, at dashboard.GridPos) cog.Builder[dashboard.Panel] {
	b := described(table.NewPanelBuilder(), p, id, at).CellHeight(common.TableCellHeightSm).ShowHeader(true).
		Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{}))
	names, order, shown := map[string]string{}, map[string]int{}, []string{}
	for i, c := range p.columns {
		names[c.from], order[c.from] = c.title, i
		shown = append(shown, c.from)
		if c.unit != "" {
			b.OverrideByName(c.title, []dashboard.DynamicConfigValue{{Id: "unit", Value: c.unit}})
		}
	}
	if len(p.series) > 1 {
		b.WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}})
	}
	b.WithTransformation(dashboard.DataTransformerConfig{Id: "filterFieldsByName", Options: map[string]any{
		"include": map[string]any{"names": shown},
	}})
	b.WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
		"excludeByName": map[string]bool{}, "indexByName": order, "renameByName": names,
	}})
	if p.sorted != "" {
		b.SortBy([]cog.Builder[common.TableSortByFieldState]{
			common.NewTableSortByFieldStateBuilder().DisplayName(p.sorted).Desc(true),
		})
	}
	return b
}

func legend() *common.VizLegendOptionsBuilder {
	return common.NewVizLegendOptionsBuilder().ShowLegend(true).
		DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom).Calcs([]string{})
}

// latest takes the one value that an instant query gives.
func latest() *common.ReduceDataOptionsBuilder {
	return common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}).Values(false).Fields("")
}
