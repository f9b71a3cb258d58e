"""The plurals that no rule explains, and the words that only look like plurals."""

from __future__ import annotations

_SINGULAR_AND_PLURALS = """
addendum addenda | alga algae | alumnus alumni | annulus annuli | antenna antennae | apex apices | appendix appendices | axis axes
bacillus bacilli | cactus cacti | codex codices | colloquium colloquia | compendium compendia | consortium consortia
continuum continua | cortex cortices | data datum | erratum errata | extremum extrema | focus foci focuses | forum fora | fungus fungi
ganglion ganglia | genus genera | helix helices | hippocampus hippocampi | lacuna lacunae | larva larvae | lemma lemmata | locus loci
maximum maxima | memorandum memoranda | millennium millennia | minimum minima | modulus moduli | momentum momenta | nebula nebulae
nova novae | nucleus nuclei | optimum optima | quantum quanta | radius radii | simplex simplices | stigma stigmata | stimulus stimuli
stratum strata | supernova supernovae | syllabus syllabi syllabuses | thesaurus thesauri | torus tori | vertebra vertebrae
vortex vortices

catharsis catharses | crisis crises | ellipsis ellipsises | emphasis emphases | genesis geneses | metastasis metastases
nemesis nemeses | neurosis neuroses | oasis oases | osmosis osmoses | psychosis psychoses | stenosis stenoses | symbiosis symbioses
thesis theses | prosthesis prostheses

child children | foot feet | goose geese | louse lice | man men | mouse mice | ox oxen | tooth teeth | woman women
calf calves | elf elves | half halves | hoof hooves | knife knives | leaf leaves | life lives | loaf loaves | scarf scarves | self selves
shelf shelves | thief thieves | wife wives | wolf wolves

alias aliases | apparatus apparatuses | atlas atlases | bias biases | bonus bonuses | bus buses | calculus calculuses | campus campuses
canvas canvases | census censuses | chorus choruses | circus circuses | consensus consensuses | corpus corpuses | fetus fetuses
gas gases | genius geniuses | iris irises | lens lenses | lotus lotuses | nexus nexuses | octopus octopuses | pancreas pancreases
platypus platypuses | prospectus prospectuses | status statuses | surplus surpluses | virus viruses

ache aches | apache apaches | avalanche avalanches | cache caches | moustache moustaches | niche niches | psyche psyches
headache headaches | axe pickaxes | quiz quizzes | waltz waltzes | blitz blitzes

echo echoes | hero heroes | potato potatoes | tomato tomatoes | torpedo torpedoes | veto vetoes | volcano volcanoes | zero zeroes
mosquito mosquitoes | embargo embargoes | mango mangoes | cargo cargoes | buffalo buffaloes | tornado tornadoes

bookie bookies | brownie brownies | calorie calories | cookie cookies | genie genies | hoodie hoodies | movie movies | newbie newbies
prairie prairies | rookie rookies | selfie selfies | smoothie smoothies | zombie zombies | kilocalorie kilocalories

api apis | bci bcis | cpu cpus | doi dois | dpu dpus | emoji emojis | emu emus | gpu gpus | gru grus | guru gurus | gui guis | kpi kpis
lpu lpus | menu menus | mri mris | npu npus | relu relus | roi rois | ski skis | sku skus | taxi taxis | tpu tpus | tsunami tsunamis
wiki wikis | gnu gnus | xpu xpus | ipu ipus | vpu vpus | alibi alibis | safari safaris | yeti yetis

ad ads | fm fms | lm lms | nn nns | vm vms

antibiotic antibiotics | arithmetic arithmetics | characteristic characteristics | clinic clinics | comic comics | critic critics
epidemic epidemics | fabric fabrics | harmonic harmonics | heuristic heuristics | logic logics | lyric lyrics | medic medics
metric metrics | mimic mimics | mosaic mosaics | pandemic pandemics | picnic picnics | relic relics | rubric rubrics
statistic statistics | sceptic sceptics | skeptic skeptics | submetric submetrics | tactic tactics | topic topics | subtopic subtopics
"""

IRREGULAR = {
    plural: singular
    for entry in _SINGULAR_AND_PLURALS.replace("\n", "|").split("|")
    if entry.strip()
    for singular, *plurals in [entry.split()]
    for plural in plurals
}
"""Singular by plural, folded."""

# Not words ending in -ss, -us, -is, -ics or of three letters, which no rule touches anyway.
_LIKE_PLURALS = """
always arkansas asbestos atlas besides bias bios canvas chaos christmas cosmos debias dallas does elias alias ethos goes goods jonas
kansas keras kudos lagos lens lucas mars matthias means mers mythos nicolas news overseas pancreas pathos perhaps sars series siemens
sometimes species texas thermos thomas unbias vegas whereas rhinoceros yes laos barbados andreas athos eros amos carlos santos tobias
zacharias isaias subseries subspecies timeseries
"""
NO_PLURALS = frozenset(_LIKE_PLURALS.split())
"""Words that end like a plural and are none, or whose singular is another word (news, means, lens)."""
