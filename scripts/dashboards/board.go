package main

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

const (
	tag     = "authway"
	columns = 24
)

// board is one dashboard. Its file and its uid are made of its name: links of other people lead to the uid, so a name
// is for good.
type board struct {
	name  string
	title string
	about string
	rows  []row
}

// row is a title and what stands below it, from left to right.
type row struct {
	title  string
	panels []panel
}

func boards() []board {
	return []board{overview(), application(), infrastructure(), database(), alerts(), identity(), recovery()}
}

// files are the dashboards by the names of their files.
func files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, b := range boards() {
		built, err := b.build()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.name, err)
		}
		// Lines to compare, without the indentation: all files go into one ConfigMap, which kubectl apply keeps once more
		// in an annotation of at most 256 KiB.
		text, err := json.MarshalIndent(built, "", "")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.name, err)
		}
		files[b.name+".json"] = append(text, '\n')
	}
	return files, nil
}

func (b board) uid() string { return uid(b.name) }

func uid(name string) string { return "authway-" + name }

func (b board) build() (dashboard.Dashboard, error) {
	d := dashboard.NewDashboardBuilder(b.title).Uid(b.uid()).Description(b.about).
		Tags([]string{tag}).Timezone(common.TimeZoneBrowser).Readonly().
		Time("now-6h", "now").Refresh("30s").Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(source("prometheus", "Metrics")).WithVariable(source("loki", "Logs")).
		Link(dashboard.NewDashboardLinkBuilder("Authway").Type(dashboard.DashboardLinkTypeDashboards).
			Tags([]string{tag}).Icon("external link").IncludeVars(true).KeepTime(true))
	var id, y uint32
	for _, r := range b.rows {
		id++
		d.WithRow(dashboard.NewRowBuilder(r.title).Id(id).GridPos(dashboard.GridPos{Y: y, W: columns, H: 1}))
		y++
		var x, tallest uint32
		for _, p := range r.panels {
			if x+p.width > columns {
				x, y, tallest = 0, y+tallest, 0
			}
			id++
			d.WithPanel(p.build(id, dashboard.GridPos{X: x, Y: y, W: p.width, H: p.height}))
			x, tallest = x+p.width, max(tallest, p.height)
		}
		y += tallest
	}
	built, err := d.Build()
	return shown(built), err
}

// shown takes links out of the menu that the SDK puts them into, where nobody looks for them. Its builders cannot.
func shown(d dashboard.Dashboard) dashboard.Dashboard {
	for i := range d.Links {
		d.Links[i].Placement = nil
	}
	for _, p := range d.Panels {
		if p.Panel == nil {
			continue
		}
		for i := range p.Panel.Links {
			p.Panel.Links[i].Placement = nil
		}
	}
	return d
}

// source lets whoever looks choose among the data sources of a kind; Grafana takes its default one first.
func source(kind, label string) *dashboard.DatasourceVariableBuilder {
	return dashboard.NewDatasourceVariableBuilder(kind).Label(label).Type(kind)
}

// chosen is the data source that the variable of its kind names.
func chosen(kind string) common.DataSourceRef {
	uid := "${" + kind + "}"
	return common.DataSourceRef{Type: &kind, Uid: &uid}
}
