"""What the validation page lists: the methods with the cases that hold them, their sources, the defects of peers."""

from typing import NamedTuple

from tests.reference.test_cases import ANSWERS, CASES
from tests.reference.test_desctools import PRATT


class Method(NamedTuple):
    """What is computed, by which functions of `audit.statistics`, and the areas whose cases hold it."""

    part: str
    words: str
    functions: str
    areas: str


class Defect(NamedTuple):
    """What a peer gets wrong, and what shows it: the beginning of the cases' names, or how many there are."""

    peer: str
    wrong: str
    shown: str | int
    test: str


METHODS = [
    Method("Planning", "size for a conclusion, hypergeometric", "sizes.attribute.attribute_plan "
           "sizes.attribute.attribute_size",
           "planning.attribute.hypergeometric"),
    Method("Planning", "size for a conclusion, binomial", "sizes.attribute.attribute_plan",
           "planning.attribute.binomial"),
    Method("Planning", "size for a count of deviations, discovery", "sizes.attribute.critical_size",
           "planning.attribute.binomial.critical planning.discovery planning.discovery.hypergeometric"),
    Method("Planning", "what a sample shows", "sizes.acceptance.evaluate_deviations", "planning.attribute.fam"),
    Method("Planning", "two stages, stop or go", "sizes.acceptance.two_stage_size", "planning.sequential.two_stage"),
    Method("Planning", "producer's and consumer's risk", "sizes.acceptance.acceptance_plan", "planning.acceptance"),
    Method("Planning", "size for a margin", "sizes.precision.wald_size sizes.precision.finite_size "
           "sizes.precision.fleiss_size "
           "sizes.precision.survey_size", "planning.precision.proportion planning.precision.svy"),
    Method("Planning", "size for a margin, Wilson and log odds", "sizes.precision.wilson_size "
           "sizes.precision.log_odds_size",
           "planning.precision.wilson planning.precision.logodds"),
    Method("Planning", "allocation to strata", "sizes.allocation.proportional_allocation "
           "sizes.allocation.neyman_allocation",
           "planning.allocation"),
    Method("Planning", "size from a prior", "sizes.bayesian.beta_size sizes.bayesian.gamma_size "
           "sizes.bayesian.beta_binomial_size",
           "planning.bayes.beta planning.bayes.gamma planning.bayes.betabinomial"),
    Method("Selection", "by size and at intervals", "monetary.selection.fixed_interval_selection "
           "monetary.selection.systematic_sampling monetary.selection.inclusion_probabilities",
           "selection.mus.fixed_interval selection.systematic selection.pps.inclusion_probabilities"),
    Method("Selection", "tickets of consistent_sampler, to redo draws made with it",
           "consistent_sampler.draw_without_replacement "
           "consistent_sampler.draw_with_replacement", "selection.hash.consistent_sampler "
           "selection.hash.consistent_sampler.merge"),
    Method("A rate", "exact limits, hypergeometric, shortest", "intervals.optimal.optimal_limits",
           "evaluation.attribute.hypergeometric.amo"),
    Method("A rate", "exact upper limit, binomial", "intervals.exact.binomial_upper",
           "evaluation.attribute.binomial.upper"),
    Method("A rate", "exact limits, Clopper and Pearson", "intervals.exact.clopper_pearson",
           "evaluation.binomial.ci.clopper_pearson"),
    Method("A rate", "exact limits, Blaker; mid-p", "intervals.binomial.blaker intervals.binomial.mid_p",
           "evaluation.binomial.ci.blaker evaluation.binomial.ci.midp"),
    Method("A rate", "Wilson's limits, plain, corrected, modified", "intervals.binomial.wilson "
           "intervals.binomial.wilson_corrected "
           "intervals.binomial.modified_wilson", "evaluation.binomial.ci.wilson evaluation.binomial.ci.wilson_cc "
           "evaluation.binomial.ci.wilsoncc evaluation.binomial.ci.modified_wilson"),
    Method("A rate", "Jeffreys, Agresti and Coull, logit, arcsine, Pratt (upper), Wald", "intervals.binomial.jeffreys "
           "intervals.binomial.agresti_coull intervals.binomial.logit intervals.binomial.arcsine "
           "intervals.binomial.pratt intervals.binomial.wald",
           "evaluation.binomial.ci.jeffreys evaluation.binomial.ci.agresti_coull evaluation.binomial.ci.logit "
           "evaluation.binomial.ci.arcsine evaluation.binomial.ci.pratt evaluation.binomial.ci.wald"),
    Method("A rate", "limits by the likelihood ratio", "intervals.binomial.likelihood_ratio",
           "evaluation.binomial.ci.lik"),
    Method("A rate", "several kinds at once", "intervals.multinomial.goodman intervals.multinomial.sison_glaz",
           "evaluation.multinomial"),
    Method("A rate", "events by exposure", "intervals.exact.poisson_limits", "evaluation.poisson.ci"),
    Method("A rate", "strata, normal limits with finite correction", "intervals.stratified.stratified_proportion "
           "intervals.stratified.stratified_mean", "evaluation.attribute.srs.normal_fpc evaluation.stratified.mean "
           "evaluation.stratified.pooling"),
    Method("A rate", "cases that cannot be determined", "intervals.missing_outcomes.identification_bounds",
           "evaluation.undeterminable.manski"),
    Method("A rate", "Bayes factor", "sizes.bayesian.bayes_factor", "evaluation.bayes.bf"),
    Method("Weighted and clustered samples", "means, totals, shares", "survey.domain_means survey.domain_totals",
           "survey.mean survey.total survey.proportion"),
    Method("Weighted and clustered samples", "by office", "survey.domain_means",
           "survey.domain.mean survey.domain.proportion"),
    Method("Weighted and clustered samples", "limits on a share", "intervals.survey_proportion.mean_limits "
           "intervals.survey_proportion.logit_limits "
           "intervals.survey_proportion.arcsine_limits intervals.survey_proportion.korn_graubard "
           "intervals.survey_proportion.likelihood_limits", "survey.ciprop.mean "
           "survey.ciprop.logit survey.ciprop.xlogit survey.ciprop.asin survey.ciprop.beta survey.ciprop.likelihood"),
    Method("Weighted and clustered samples", "post-strata, design effect", "survey.poststratify "
           "survey.design_effect", "survey.poststratify survey.deff"),
    Method("Weighted and clustered samples", "change between overlapping samples", "survey.survey_change",
           "survey.change_overlapping"),
    Method("Change", "two shares: Miettinen and Nurminen, Newcombe, Agresti and Caffo, Wald",
           "intervals.change.miettinen_nurminen intervals.change.miettinen_nurminen_ratio "
           "intervals.change.miettinen_nurminen_odds intervals.change.newcombe "
           "intervals.change.newcombe_corrected intervals.change.agresti_caffo intervals.change.wald_difference",
           "evaluation.two_proportions.independent evaluation.two_proportions.independent.newcombe"),
    Method("Change", "tests: Fisher; McNemar", "intervals.change.fisher_test intervals.change.mcnemar_test",
           "change.independent.fisher change.paired.mcnemar"),
    Method("Many offices and months", "many tests at once", "offices.multiple_testing.benjamini_hochberg "
           "offices.multiple_testing.bonferroni "
           "offices.multiple_testing.hochberg offices.multiple_testing.hommel", "multiplicity"),
    Method("Many offices and months", "shrinkage, log odds and arcsine", "offices.shrinkage.shrink_estimates "
           "offices.shrinkage.der_simonian_laird offices.shrinkage.paule_mandel "
           "offices.shrinkage.restricted_likelihood",
           "shrinkage.logit_normal shrinkage.arcsine"),
    Method("Many offices and months", "reliability of office rates", "offices.reliability.anova_icc "
           "offices.reliability.logit_icc",
           "icc.anova icc.logit"),
    Method("Many offices and months", "over-dispersion", "offices.overdispersion.arcsine_z_scores "
           "offices.overdispersion.dispersion_ratio offices.overdispersion.between_office_variance",
           "funnel.overdispersion"),
    Method("Many offices and months", "charts over months", "offices.control_charts.p_chart "
           "offices.control_charts.laney_chart "
           "offices.control_charts.longest_run_allowed offices.control_charts.crossings_required", "spc.p_chart "
           "spc.laney_p_prime spc.runs.anhoej"),
    Method("Reviewers", "agreement: percent, Gwet, Krippendorff, Cohen, Conger, Fleiss, Scott, Brennan and Prediger",
           "agreement.percent_agreement agreement.gwet_ac1 agreement.krippendorff_alpha agreement.conger_kappa "
           "agreement.fleiss_kappa agreement.brennan_prediger",
           "agreement.pa agreement.gwet_ac1 agreement.krippendorff agreement.cohen agreement.conger agreement.fleiss "
           "agreement.scott agreement.brennan_prediger"),
    Method("At every look", "limits that hold at every look", "sequential.confidence_sequence.sequence_limits",
           "sequential.confidence_sequence.beta_binomial_hypergeometric"),
    Method("At every look", "bets", "sequential.martingales.alpha_martingale sequential.martingales.kaplan_markov "
           "sequential.martingales.kaplan_wald",
           "sequential.alpha_martingale sequential.kaplan_markov sequential.kaplan_wald"),
    Method("Money", "size, reliability and confidence factors", "monetary.sizes.poisson_size "
           "monetary.sizes.reliability_factor "
           "monetary.sizes.confidence_factor monetary.sizes.expected_taints", "planning.mus.poisson "
           "planning.mus.reliability_factor "
           "planning.mus.confidence_factor planning.mus.poisson.expected_taints"),
    Method("Money", "Stringer's bound and four variants", "monetary.bounds.stringer_binomial "
           "monetary.bounds.stringer_poisson "
           "monetary.bounds.stringer_meikle monetary.bounds.stringer_lta monetary.bounds.stringer_pvz",
           "evaluation.mus.stringer evaluation.mus.stringer.poisson evaluation.mus.stringer.meikle "
           "evaluation.mus.stringer.lta evaluation.mus.stringer.pvz"),
    Method("Money", "other bounds", "monetary.bounds.moment_bound monetary.bounds.rohrbach_bound "
           "monetary.bounds.cox_snell_bound monetary.bounds.pps_bound monetary.bounds.mean_bound "
           "monetary.bounds.binomial_bound "
           "monetary.bounds.poisson_bound", "evaluation.mus.moment "
           "evaluation.mus.moment_dworin_grimlund evaluation.mus.rohrbach evaluation.mus.coxsnell evaluation.mus.pps "
           "evaluation.mus.mpu evaluation.mus.binomial evaluation.mus.poisson"),
    Method("Money", "estimates of an amount", "monetary.difference_estimation.difference_estimate "
           "monetary.difference_estimation.mean_per_unit",
           "evaluation.variables.estimator"),
]  # fmt: skip

# What the suite works out beside the project: by other means, for a method not offered, or as the case gave it.
APART = {"funnel.poisson_limits"}
APART_METHODS = {"blj": "Brown-Li-Jeffreys", "ha": "Hauck-Anderson", "hal": "Haldane", "jp": "Jeffreys-Perks"}
APART_VALUES = {
    "change.paired.mcnemar": {"statistic_cc", "p_cc"},
    "evaluation.stratified.pooling": {"complete_mle"},
    "evaluation.two_proportions.independent": {"est"},
    "funnel.overdispersion": {"denominators", "target"}
    | {f"{widened}{side}{percent}" for widened in ("od", "") for side in ("ll", "ul") for percent in (95, 998)},
    "planning.bayes.beta": {"x"},
    "planning.bayes.betabinomial": {"x"},
    "planning.discovery": {"Acceptable.Errors", "Pop.Size", "Tol.Dev.Rate"},
    "planning.mus.poisson": {"x"},
} | {
    area: {"mle"} for area in ANSWERS if area.startswith("evaluation.mus.") and area != "evaluation.mus.coxsnell"
}  # fmt: skip

SOURCES = [
    (r"AICPA Audit Guide.* Table ([AC]-\d)", r"AICPA Audit Sampling 2017, table \1"),
    (r"Touw & Hoogduin", "Touw & Hoogduin 2011"),
    (r"NIVRA-SRA", "NIVRA-SRA"),
    (r"SMASH21", "SMASH21"),
    (r"AuditSampler", "AuditSampler"),
    (r"EZ-Quant", "DCAA EZ-Quant"),
    (r"GAO/CIGIE", "GAO/CIGIE FAM, figure 450.1"),
    (r"^Newcombe \(1998\).*17:857", "Newcombe 1998, Statistics in Medicine 17:857"),
    (r"^Newcombe \(1998\).*17:873", "Newcombe 1998, Statistics in Medicine 17:873"),
    (r"^Manski", "Manski 1989, 2003"),
    (r"^Derks", "Derks et al. 2022"),
    (r"hyperMCI 0.1.0", "hyperMCI 0.1.0 (only where its coverage holds)"),
    (r"koenderks/jfa", "R jfa 0.7.3"),
    (r"irrCAC", "R irrCAC 1.4"),
    (r"psych 2.2.9", "R psych 2.2.9"),
    (r"samplingbook", "R samplingbook 1.2.4"),
    (r"PracTools", "R PracTools 1.7.5"),
    (r"AcceptanceSampling", "R AcceptanceSampling at 06741b3"),
    (r"cran/binom@", "R binom 1.1-1.1"),
    (r"BlakerCI", "R BlakerCI at ef6519f"),
    (r"DescTools", "R DescTools at 820c97cc"),
    (r"cran/MUS", "R MUS 0.1.6"),
    (r"survey 4.1.1", "R survey 4.1-1"),
    (r"metafor", "R metafor 3.8.1"),
    (r"lme4", "R lme4 1.1.31"),
    (r"qicharts2", "R qicharts2 at 1b9487e"),
    (r"FunnelPlotR", "R FunnelPlotR at 9020d49"),
    (r"sampling 2.9", "R sampling 2.9"),
    (r"Benjamini & Hochberg \(1995\)", "Benjamini & Hochberg 1995, with R 4.2.2"),
    (r"Ridout", "formula of Ridout et al. 1999, with R 4.2.2"),
    (r"samplics-org/svy", "svy at e5db521"),
    (r"statsmodels 0.15.0", "statsmodels 0.15.0"),
    (r"consistent_sampler", "consistent_sampler 1.0.10"),
    (r"SHANGRLA", "SHANGRLA at 9d5db92"),
    (r"direct enumeration gives", "enumeration, where confseq_wor errs"),
    (r"confseq_wor", "confseq_wor at 6495f67"),
    (r"^(computed with )?R 4.2.2 ", "R 4.2.2"),
]

ENUMERATED = [case for case in CASES if "direct enumeration gives" in case["source"]]
DEFECTS = [
    Defect("R jfa 0.7.3", "rounds counts up in binary, where 0.07 × 100 is more than 7: planned sizes are off",
           "jfa-tab-", "test_jfa_rounds_counts_up_in_binary"),
    Defect("R jfa 0.7.3", "takes the wrong tail for its lower hypergeometric limit, which is too high",
           "jfa-hyper-lower-", "test_jfa_inverts_the_wrong_tail_for_its_lower_limit"),
    Defect("R jfa 0.7.3", "divides its lower Poisson limit by one case too many", "jfa-pois-lower-",
           "test_jfa_divides_its_lower_poisson_limit_by_one_case_too_many"),
    Defect("R jfa 0.7.3", "does not reflect the gamma of its moment bound where the third moment is negative: with "
           "many taints the bound falls as confidence rises", 1,
           "test_jfa_does_not_reflect_the_gamma_of_its_moment_bound"),
    Defect("hyperMCI 0.1.0", "covers less than its level where half of the population is of the kind", "hypermci-",
           "test_hypermci_narrows_the_range_of_half_the_population"),
    Defect("R samplingbook 1.2.4", "ends its exact interval one case too late", "sprop-exact-",
           "test_samplingbook_leaves_its_exact_interval_one_case_too_late"),
    Defect("R samplingbook 1.2.4", "plans a case too few: it takes N for N - 1", 1,
           "test_samplingbook_takes_n_for_n_less_one"),
    Defect("statsmodels 0.15.0", "stops its search for the score limits of a difference beside them",
           "sm-2indep-diff-score-", "test_statsmodels_stops_beside_the_score_limits"),
    Defect("R DescTools at 820c97cc", "writes n - x - 1 for n - x + 1 in Pratt's lower limit", len(PRATT),
           "test_its_lower_limit_of_pratt_is_no_mirror_of_its_upper_one"),
    Defect("confseq_wor at 6495f67", "runs out of digits in its likelihood, and gives limits far too wide",
           len(ENUMERATED), "test_confseq_wor_searches_past_its_upper_limit"),
    Defect("AICPA Audit Sampling 2017", "prints 112 in two cells of table A-2 where it takes 113", 2,
           "test_a_printed_table_may_be_a_case_short"),
]  # fmt: skip
